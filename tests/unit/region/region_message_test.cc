#include "region/region_message.h"

#include <catch2/catch.hpp>

namespace atelier::region {
namespace {

TEST_CASE("Regions have the numbers and names of the API's enumeration", "[region]") {
  const auto& values = *v1::BodyRegion_descriptor();
  REQUIRE(values.value_count() == edit::kRegionKindCount + 1);
  for (int i = 1; i < values.value_count(); ++i) {
    const edit::Region region{.kind = static_cast<edit::RegionKind>(values.value(i)->number())};
    CHECK("BODY_REGION_" + edit::NameOf(region) == values.value(i)->name());
    const auto back = RegionFromMessage(RegionToMessage(region), "region");
    REQUIRE(back);
    CHECK(*back == region);
  }
}

TEST_CASE("Regions that there are not are refused by their path", "[region]") {
  v1::RegionName name;
  CHECK(RegionFromMessage(name, "regions[2]").error().field == "regions[2]");
  name.set_part(25);
  CHECK(RegionFromMessage(name, "regions[2]").error().field == "regions[2].part");
  name.set_region(static_cast<v1::BodyRegion>(99));
  CHECK(RegionFromMessage(name, "regions[2]").error().message.find("99") != std::string::npos);
}

}  // namespace
}  // namespace atelier::region
