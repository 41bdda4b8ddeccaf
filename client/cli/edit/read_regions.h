// What of the person in a picture can be swapped, asked of the pose and the region service.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atelier/v1/pose.pb.h"
#include "atelier/v1/region.pb.h"
#include "client/client.h"

namespace atelier::cli {

/// What the pose service calls a fitted body as an estimator of IUVs.
inline constexpr std::string_view kBodyFitEstimator = "body-fit";

/// "UPPER_GARMENT", "PART_3": how a region is named in files and tables.
std::string FileNameOf(const v1::RegionName& region);

/// Reads the person; where no body is fitted and the request leaves the estimator open, once more
/// as a photograph. FAILED_PRECONDITION (NOT_FITTED) when no body is fitted all the same; `path`
/// says whose picture it is.
Result<v1::EstimatePoseResponse> ReadFitted(client::Client& client,
                                            const v1::EstimatePoseRequest& request,
                                            const std::string& path);

/// Describes `regions`, all where there are none, by the body that was fitted. REQUIRES: `pose` has
/// a fit.
Result<v1::DescribeRegionsResponse> DescribeRegions(client::Client& client,
                                                    const v1::Picture& picture,
                                                    const v1::EstimatePoseResponse& pose,
                                                    const std::vector<v1::RegionName>& regions);

/// Without its pictures, for printing.
v1::DescribeRegionsResponse WithoutPictures(v1::DescribeRegionsResponse regions);

}  // namespace atelier::cli
