// A person before another background.
#include "edit/background/background.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "edit/background/backdrop.h"
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
  const auto cut = [&](int height, int width) {
    return ImageOf(BackdropOf(wide, {}, cv::Mat::zeros(height, width, CV_32F)).picture);
  };
  const Image square = cut(20, 20);
  REQUIRE(square.height == 20);
  REQUIRE(square.width == 20);
  CHECK(int{square.at(10, 2)[0]} > 150);
  CHECK(int{square.at(10, 17)[0]} > 150);
  const Image small = cut(5, 20);
  CHECK(int{small.at(2, 0)[0]} == 0);
  CHECK(int{small.at(2, 10)[0]} == 200);
}

/// A red person before a wall that is green on the left and blue on the right.
struct PictureOfSomebody {
  Image picture = Image(200, 260, 3), mask = Image(200, 260, 1);
  PictureOfSomebody(int left, int top, int width) {
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        const bool somebody = x >= left && x < left + width && y >= top;
        picture.at(y, x)[somebody ? 0 : (x < picture.width / 2 ? 1 : 2)] = 200;
        *mask.at(y, x) = somebody ? 255 : 0;
      }
    }
  }
};

/// Pixels of `picture` that are red.
int RedPixels(const cv::Mat& picture) {
  std::vector<cv::Mat> rgb;
  cv::split(picture, rgb);
  return cv::countNonZero((rgb[0] > 60) & (rgb[0] > 2 * rgb[1]) & (rgb[0] > 2 * rgb[2]));
}

TEST_CASE("A person in the background's picture does not look out behind the one in front",
          "[edit]") {
  const Subject base = RenderSubject(9300305, {.height = 256, .width = 176});
  const PictureOfSomebody behind(70, 30, 120);
  double filled = 0;
  const Edited edited = ReplaceBackground(base, behind.picture, behind.mask, &filled);
  CHECK(RedPixels(edited.subject.appearance.wall) == 0);
  CHECK(RedPixels(ReplaceBackground(base, behind.picture).subject.appearance.wall) > 1000);
  CHECK(filled > 0);
  CHECK(UnaccountedChanges(base.person.picture, edited) == 0);
}

TEST_CASE("The part of a background is taken in which its person is hidden most", "[edit]") {
  cv::Mat front = cv::Mat::zeros(200, 130, CV_32F);
  front(cv::Rect(35, 10, 60, 190)).setTo(1);
  // Beside the middle, where another part of the picture has them behind the person in front.
  const PictureOfSomebody behind(50, 40, 40);
  const Backdrop backdrop = BackdropOf(behind.picture, behind.mask, front);
  CHECK(backdrop.filled < .01);
  // A small person far behind stays.
  const PictureOfSomebody far(20, 170, 20);
  const Backdrop unchanged = BackdropOf(far.picture, far.mask, cv::Mat::zeros(200, 260, CV_32F));
  CHECK(unchanged.filled == 0);
  CHECK(RedPixels(unchanged.picture) > 500);
}

}  // namespace
}  // namespace atelier::edit
