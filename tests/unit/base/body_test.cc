#include "base/body.h"

#include <catch2/catch.hpp>
#include <set>

namespace atelier {

TEST_CASE("Mirroring a body part twice gives the part back", "[base]") {
  for (int i = 0; i <= kBodyPartCount; ++i) {
    const auto part = static_cast<BodyPart>(i);
    CAPTURE(i);
    CHECK(InfoOf(InfoOf(part).mirror).mirror == part);
  }
}

TEST_CASE("The opposite of the opposite of a limb is the limb", "[base]") {
  for (int i = 0; i <= 22; ++i) {
    const auto part = static_cast<BodyPart>(i);
    CAPTURE(i);
    CHECK(InfoOf(InfoOf(part).opposite).opposite == part);
  }
}

TEST_CASE("Every body part has a name of its own", "[base]") {
  std::set<std::string_view> names;
  for (int i = 0; i <= kBodyPartCount; ++i) names.insert(InfoOf(static_cast<BodyPart>(i)).name);
  CHECK(names.size() == kBodyPartCount + 1);
}

}  // namespace atelier
