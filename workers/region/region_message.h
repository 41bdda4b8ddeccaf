// The regions of requests as edits know them.
#pragma once

#include <string>

#include "atelier/v1/edit.pb.h"
#include "base/result.h"
#include "edit/region/region.h"

namespace atelier::region {

/// INVALID_ARGUMENT naming `field` for none, or one that there is not.
Result<edit::Region> RegionFromMessage(const v1::RegionName& name, const std::string& field);

v1::RegionName RegionToMessage(edit::Region region);

}  // namespace atelier::region
