#include "region/region_message.h"

#include "base/body.h"

namespace atelier::region {

Result<edit::Region> RegionFromMessage(const v1::RegionName& name, const std::string& field) {
  if (name.has_part()) {
    if (name.part() >= 1 && name.part() <= kBodyPartCount) return edit::Region{.part = name.part()};
    return InvalidField(field + ".part", "1 to 24", std::to_string(name.part()));
  }
  const int number = name.region();
  if (number >= 1 && number <= edit::kRegionKindCount) {
    return edit::Region{.kind = static_cast<edit::RegionKind>(number)};
  }
  return InvalidField(field, "a region or a part",
                      number == 0 ? "nothing" : std::to_string(number));
}

v1::RegionName RegionToMessage(edit::Region region) {
  v1::RegionName name;
  if (region.part != 0) {
    name.set_part(region.part);
  } else {
    name.set_region(static_cast<v1::BodyRegion>(region.kind));
  }
  return name;
}

}  // namespace atelier::region
