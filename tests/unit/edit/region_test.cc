#include "edit/region/region.h"

#include <catch2/catch.hpp>

#include "edit/region/region_mask.h"
#include "unit/edit/edit_fixture.h"

namespace atelier::edit {
namespace {

double Area(const RenderedPerson& person, const cv::Mat& parts, Region region) {
  return cv::sum(MaskOf(TheBody(), person.person, person.truth, parts, region))[0];
}

double Visible(const RenderedPerson& person, RegionKind kind) {
  return VisibilityOf(TheBody(), person.person, person.truth, {.kind = kind});
}

TEST_CASE("Every pixel of a person is of the whole and none of the background", "[region]") {
  const RenderedPerson person = RenderPerson(9300101);
  const cv::Mat parts = PartsOf(TheBody(), person.person);
  const double whole = Area(person, parts, {.kind = RegionKind::kWholeTexture});
  const double wall = Area(person, parts, {.kind = RegionKind::kBackground});
  CHECK(whole + wall == Approx(256 * 176).epsilon(1e-4));
  CHECK(whole > 2000);
  const double worn = Area(person, parts, {.kind = RegionKind::kUpperGarment}) +
                      Area(person, parts, {.kind = RegionKind::kLowerGarment}) +
                      Area(person, parts, {.kind = RegionKind::kShoes});
  CHECK(worn == Approx(Area(person, parts, {.kind = RegionKind::kOutfit})).epsilon(1e-4));
}

TEST_CASE("The parts of a person are the whole person", "[region]") {
  const RenderedPerson person = RenderPerson(9300102);
  const cv::Mat parts = PartsOf(TheBody(), person.person);
  double sum = 0;
  for (int part = 1; part <= kBodyPartCount; ++part) sum += Area(person, parts, {.part = part});
  CHECK(sum == Approx(Area(person, parts, {})).epsilon(.02));
  double arms = 0;
  for (int part = 15; part <= 22; ++part) arms += Area(person, parts, {.part = part});
  arms += Area(person, parts, {.part = 3}) + Area(person, parts, {.part = 4});
  CHECK(arms == Approx(Area(person, parts, {.kind = RegionKind::kArms})).epsilon(1e-4));
}

TEST_CASE("A face is seen from the front and not from behind", "[region]") {
  const RenderedPerson front = RenderPerson(9300103);
  const RenderedPerson back = RenderPerson(9300103, {.yaw = 180});
  CHECK(Visible(front, RegionKind::kFace) > .5);
  CHECK(Visible(back, RegionKind::kFace) < .1);
  CHECK(Area(front, PartsOf(TheBody(), front.person), {.kind = RegionKind::kFace}) > 30);
  CHECK(Area(back, PartsOf(TheBody(), back.person), {.kind = RegionKind::kFace}) < 8);
  // Of what is worn about half is turned away from any camera.
  CHECK(Visible(front, RegionKind::kUpperGarment) > .3);
  CHECK(Visible(front, RegionKind::kUpperGarment) < .7);
  CHECK(Visible(front, RegionKind::kHair) == 1);
}

TEST_CASE("A face is part of the head, and of the skin", "[region]") {
  const RenderedPerson person = RenderPerson(9300104);
  const cv::Mat parts = PartsOf(TheBody(), person.person);
  const auto mask = [&](RegionKind kind) {
    return MaskOf(TheBody(), person.person, person.truth, parts, {.kind = kind});
  };
  const cv::Mat face = mask(RegionKind::kFace);
  CHECK(cv::countNonZero((face > .5f) & (mask(RegionKind::kHead) < .5f)) <= 2);
  CHECK(cv::countNonZero((face > .5f) & (mask(RegionKind::kSkin) < .5f)) == 0);
}

TEST_CASE("Regions have the names of the API", "[region]") {
  CHECK(NameOf({.kind = RegionKind::kUpperGarment}) == "UPPER_GARMENT");
  CHECK(NameOf({.kind = RegionKind::kBackground}) == "BACKGROUND");
  CHECK(NameOf({.part = 7}) == "part 7");
}

}  // namespace
}  // namespace atelier::edit
