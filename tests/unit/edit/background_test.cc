// A person before another background.
#include "edit/background/background.h"

#include <catch2/catch.hpp>

#include "edit/person/mat_math.h"
#include "rendered_subject.h"

namespace atelier::edit {
namespace {

TEST_CASE("A new wall takes the old one's place, and leaves the person as they are", "[edit]") {
  const Subject base = RenderSubject(9300305, {.height = 512, .width = 352});
  const Edited edited = ReplaceBackground(base, cv::Vec3f(0, 160, 0));
  const cv::Mat person = base.person.mask;
  // Well off the person it is the new wall, well inside it is the old picture.
  CHECK(cv::norm(MeanWhere(edited.subject.person.picture, 1 - Dilated(person, 12)) -
                 cv::Scalar(0, 160, 0)) < .5);
  cv::Mat difference;
  cv::absdiff(imaging::ViewOf(edited.subject.person.picture), imaging::ViewOf(base.person.picture),
              difference);
  CHECK(cv::mean(cv::mean(difference, Eroded(person, 12) > .9))[0] < 1);
  CHECK(UnaccountedChanges(base.person.picture, edited) == 0);
  CHECK(cv::norm(edited.subject.appearance.wall.at<cv::Vec3f>(5, 5) - cv::Vec3f(0, 160, 0)) < 1);
}

TEST_CASE("No rim of the old wall stays around the person", "[edit]") {
  // The same person rendered before two walls: what is beside the outline must be the new wall's.
  const people::Body& body = TheBody();
  const people::Person who = people::SamplePerson(body, 9300306);
  const people::Pose pose = people::SamplePose(9300306, people::PoseKind::kStand);
  people::View view = people::SampleView(9300306, {.yaw = 0, .crop = people::Crop::kFull});
  const people::RenderOptions size{.height = 512, .width = 352};
  RenderedPerson before;
  before.rendering = people::Render(body, who, pose, view, size);
  before.person = MakePerson(body, before.rendering.rgb, before.rendering.mask,
                             people::BodyOf(body, who, pose, view, size));
  before.truth = RegionsOf(body, before.person, MasksOf(before.rendering.regions));
  view.scene.background = {.1f, .3f, .1f};
  const people::Rendering truth = people::Render(body, who, pose, view, size);
  // The renderer's own new wall, so that only the rim can differ.
  Image wall = truth.rgb;
  for (int y = 0; y < wall.height; ++y) {
    for (int x = 0; x < wall.width; ++x) std::copy_n(truth.rgb.at(y, 0), 3, wall.at(y, x));
  }
  const Edited edited = ReplaceBackground(SubjectOf(before), wall);
  const cv::Mat rim = Dilated(before.person.mask, 3) - Eroded(before.person.mask, 3) > .5;
  const auto off = [&](const Image& picture) {
    cv::Mat difference;
    cv::absdiff(imaging::ViewOf(picture), imaging::ViewOf(truth.rgb), difference);
    const cv::Scalar mean = cv::mean(difference, rim);
    return (mean[0] + mean[1] + mean[2]) / 3;
  };
  CHECK(off(edited.subject.person.picture) < .15 * off(before.rendering.rgb));
}

TEST_CASE("Without a background the picture has an alpha channel", "[edit]") {
  const Subject base = RenderSubject(9300305);
  const Image rgba = WithoutBackground(base);
  REQUIRE(rgba.channels == 4);
  CHECK(rgba.height == base.person.height());
  CHECK(int{rgba.at(1, 1)[3]} == 0);
  int opaque = 0, person = 0;
  for (int y = 0; y < rgba.height; ++y) {
    for (int x = 0; x < rgba.width; ++x) {
      opaque += rgba.at(y, x)[3] > 200;
      person += base.person.mask.at<float>(y, x) > .5f;
    }
  }
  CHECK(opaque == Approx(person).epsilon(.1));
}

TEST_CASE("The middle of a background is cut to the picture's aspect", "[edit]") {
  Image wide(10, 40, 3, 0);
  for (int y = 0; y < 10; ++y) {
    for (int x = 15; x < 25; ++x) std::fill_n(wide.at(y, x), 3, uint8_t{200});
  }
  const Image cut = CutToAspect(wide, 20, 20);
  REQUIRE(cut.height == 20);
  REQUIRE(cut.width == 20);
  CHECK(int{cut.at(10, 2)[0]} > 150);
  CHECK(int{cut.at(10, 17)[0]} > 150);
  const Image small = CutToAspect(wide, 5, 20);
  CHECK(int{small.at(2, 0)[0]} == 0);
  CHECK(int{small.at(2, 10)[0]} == 200);
}

}  // namespace
}  // namespace atelier::edit
