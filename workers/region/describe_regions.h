// What of a person can be swapped.
#pragma once

#include "atelier/v1/region.pb.h"
#include "base/result.h"
#include "edit/parse/parser.h"
#include "people/fit/body_fitter.h"

namespace atelier::region {

/// As RegionService.DescribeRegions says.
Result<v1::DescribeRegionsResponse> DescribeRegions(const v1::DescribeRegionsRequest& request,
                                                    const people::BodyFitter& fitter,
                                                    const edit::Parser& parser);

}  // namespace atelier::region
