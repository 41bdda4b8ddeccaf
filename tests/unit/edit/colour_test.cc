// Cloth in another colour, and printed.
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "edit/colour/cloth_places.h"
#include "edit/colour/print.h"
#include "edit/colour/recolour.h"
#include "edit/garment/skirt.h"
#include "edit/person/mat_math.h"
#include "rendered_subject.h"

namespace atelier::edit {
namespace {

constexpr std::array kUpperOnly = {Label::kUpper};

cv::Vec3f LabOfScalar(const cv::Scalar& rgb) {
  return LabOf(cv::Mat(1, 1, CV_32FC3, rgb)).at<cv::Vec3f>(0, 0);
}

/// CIE76.
double Difference(const cv::Scalar& one, const cv::Scalar& other) {
  return cv::norm(LabOfScalar(one) - LabOfScalar(other));
}

TEST_CASE("A top takes another colour, from white to black and back, and nothing else does",
          "[edit]") {
  const Subject base = RenderSubject(9300301);
  const cv::Mat& mask = base.regions.mask(Label::kUpper);
  const auto recolour = [&](const Subject& from, cv::Vec3f rgb) {
    return Recolour(TheBody(), from, kUpperOnly, rgb);
  };
  const Edited white = recolour(base, {240, 240, 238});
  const Edited black = recolour(white.subject, {22, 22, 24});
  const Edited again = recolour(black.subject, {240, 240, 238});
  CHECK(UnaccountedChanges(base.person.picture, white) == 0);
  CHECK(UnaccountedChanges(white.subject.person.picture, black) == 0);
  CHECK(UnaccountedChanges(black.subject.person.picture, again) == 0);
  for (const Edited* edited : {&white, &black, &again}) {
    CHECK(cv::mean(edited->changed, base.regions.mask(Label::kLower) > .9)[0] < .02);
  }
  CHECK(Difference(MeanWhere(white.subject.person.picture, mask), {240, 240, 238}) < 8);
  CHECK(Difference(MeanWhere(black.subject.person.picture, mask), {22, 22, 24}) < 8);
  CHECK(Difference(MeanWhere(again.subject.person.picture, mask), {240, 240, 238}) < 8);
}

TEST_CASE("Folds stay when the colour changes", "[edit]") {
  const Subject base = RenderSubject(9300301, {.height = 512, .width = 352});
  const Edited red = Recolour(TheBody(), base, kUpperOnly, {180, 40, 40});
  const auto luma = [&](const Image& picture) { return LumaOf(FloatOf(picture)); };
  const cv::Mat inside = Eroded(base.regions.mask(Label::kUpper), 4) > .9;
  const cv::Mat before = luma(base.person.picture), after = luma(red.subject.person.picture);
  cv::Scalar mean_before, mean_after, spread_before, spread_after;
  cv::meanStdDev(before, mean_before, spread_before, inside);
  cv::meanStdDev(after, mean_after, spread_after, inside);
  const double together = cv::mean((before - mean_before[0]).mul(after - mean_after[0]), inside)[0];
  CHECK(together / (spread_before[0] * spread_after[0]) > .8);
}

TEST_CASE("What the base does not wear is left alone", "[edit]") {
  Subject base = RenderSubject(9300301);
  base.regions.masks[IndexOf(Label::kUpper)].setTo(0);
  const Edited edited = Recolour(TheBody(), base, kUpperOnly, {255, 0, 0});
  CHECK(edited.subject.person.picture == base.person.picture);
  CHECK(cv::countNonZero(edited.changed) == 0);
}

TEST_CASE("A metre on the cloth is a metre on the wearer", "[edit]") {
  const Subject base = RenderSubject(9300301, {.height = 512, .width = 352});
  const cv::Rect all(0, 0, base.person.width(), base.person.height());
  const cv::Mat places = ClothPlaces(TheBody(), base, Label::kUpper, all);
  // Across the chest, which is about square to the camera.
  const people::Bones& bones = TheBody().bones();
  cv::Point2d chest(0, 0);
  for (const int v : TheBody().skin_vertices()) {
    const people::Vec3 at = TheBody().canonical(v);
    const people::Vec3 wanted{0, TheBody().joint(bones.spine[2]).y + .08f, .13f};
    if (people::Length(at - wanted) > .03f) continue;
    const auto& screen = base.person.screen[static_cast<size_t>(v)];
    chest = cv::Point2d(screen.x, screen.y);
  }
  const double metre = base.person.pixels_per_metre();
  const int reach = cvRound(.03 * metre);
  const auto at = [&](int dx, int dy) {
    return places.at<cv::Vec2f>(cvRound(chest.y) + dy, cvRound(chest.x) + dx);
  };
  const double across = at(reach, 0)[0] - at(-reach, 0)[0];
  const double up = at(0, -reach)[1] - at(0, reach)[1];
  CHECK(across == Approx(2 * reach / metre).epsilon(.25));
  CHECK(up == Approx(2 * reach / metre).epsilon(.25));
}

/// Left half red, right half blue, a green band on top.
Image ThreeColours() {
  Image out(40, 40, 3);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 40; ++x) {
      const std::array<uint8_t, 3> rgb =
          y < 10 ? std::array<uint8_t, 3>{0, 200, 0}
                 : (x < 20 ? std::array<uint8_t, 3>{220, 0, 0} : std::array<uint8_t, 3>{0, 0, 220});
      std::copy(rgb.begin(), rgb.end(), out.at(y, x));
    }
  }
  return out;
}

/// Pixels of the edited top that are mostly of one channel, and their middle.
struct Patch {
  int count = 0;
  cv::Point2d middle{0, 0};
};
Patch PatchOf(const Edited& edited, const cv::Mat& mask, int channel) {
  Patch patch;
  const Image& picture = edited.subject.person.picture;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t* p = picture.at(y, x);
      const int most = std::max(p[(channel + 1) % 3], p[(channel + 2) % 3]);
      if (mask.at<float>(y, x) < .9f || edited.changed.at<float>(y, x) < .9f) continue;
      if (p[channel] < 60 || p[channel] < 2 * most) continue;
      ++patch.count;
      patch.middle += cv::Point2d(x, y);
    }
  }
  patch.middle /= std::max(1, patch.count);
  return patch;
}

TEST_CASE("A print lies upright on the front, once or again and again, and turns clockwise",
          "[edit]") {
  const Subject base = RenderSubject(9300301, {.height = 512, .width = 352});
  const cv::Mat& mask = base.regions.mask(Label::kUpper);
  Pattern pattern{ThreeColours(), .12, 0, PatternRepeat::kNone};
  const auto print = [&] { return Print(TheBody(), base, kUpperOnly, pattern); };
  const Edited once = print();
  const Patch red = PatchOf(once, mask, 0), green = PatchOf(once, mask, 1),
              blue = PatchOf(once, mask, 2);
  REQUIRE(red.count > 20);
  REQUIRE(blue.count > 20);
  REQUIRE(green.count > 10);
  CHECK(red.middle.x < blue.middle.x);
  CHECK(green.middle.y < red.middle.y);
  // As large as asked: .12 m squared, three eighths of it red.
  const double metre = base.person.pixels_per_metre();
  CHECK(red.count == Approx(.375 * .12 * .12 * metre * metre).epsilon(.4));
  CHECK(UnaccountedChanges(base.person.picture, once) == 0);

  pattern.rotation_degrees = 90;
  const Edited turned = print();
  CHECK(PatchOf(turned, mask, 0).middle.y < PatchOf(turned, mask, 2).middle.y);
  CHECK(PatchOf(turned, mask, 1).middle.x > PatchOf(turned, mask, 0).middle.x);

  pattern.rotation_degrees = 0;
  pattern.repeat = PatternRepeat::kTile;
  const Edited tiled = print();
  CHECK(PatchOf(tiled, mask, 0).count > 4 * red.count);
  CHECK(cv::mean(tiled.changed, mask > .9)[0] > .95);
  pattern.repeat = PatternRepeat::kMirror;
  CHECK(PatchOf(print(), mask, 0).count > 4 * red.count);
}

/// `subject` in a top of `rgb` that hangs in upright folds.
Subject InFoldedTop(Subject subject, const cv::Vec3f& rgb) {
  const cv::Mat mask = subject.regions.mask(Label::kUpper);
  cv::Mat picture = FloatOf(subject.person.picture);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (mask.at<float>(y, x) < .5f) continue;
      picture.at<cv::Vec3f>(y, x) = rgb * (.75f + .25f * std::sin(static_cast<float>(x) / 3));
    }
  }
  subject.person.picture = ImageOf(picture);
  return subject;
}

TEST_CASE("The folds of a bright plain top stay under a print", "[edit]") {
  const Subject base =
      InFoldedTop(RenderSubject(9300301, {.height = 512, .width = 352}), {250, 140, 10});
  const Pattern grey{Image(8, 8, 3, 180), .1, 0, PatternRepeat::kTile};
  const Edited printed = Print(TheBody(), base, kUpperOnly, grey);
  const cv::Mat inside = Eroded(base.regions.mask(Label::kUpper), 6) > .9;
  cv::Scalar mean, spread;
  cv::meanStdDev(LumaOf(FloatOf(printed.subject.person.picture)), mean, spread, inside);
  CHECK(spread[0] > .1 * mean[0]);
}

TEST_CASE("Folds that turn the hue of a clipped colour stay under a print", "[edit]") {
  Subject base = RenderSubject(9300301, {.height = 512, .width = 352});
  const cv::Mat mask = base.regions.mask(Label::kUpper);
  cv::Mat picture = FloatOf(base.person.picture);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (mask.at<float>(y, x) < .5f) continue;
      // Orange: its red is clipped, and its green falls faster than its light.
      const float light = .7f + .3f * std::sin(static_cast<float>(x) / 3);
      picture.at<cv::Vec3f>(y, x) = {std::min(255.0f, 400 * light), 150 * light * light, 15};
    }
  }
  base.person.picture = ImageOf(picture);
  const Pattern grey{Image(8, 8, 3, 180), .1, 0, PatternRepeat::kTile};
  const Edited printed = Print(TheBody(), base, kUpperOnly, grey);
  const cv::Mat inside = Eroded(mask, 6) > .9;
  cv::Scalar mean, spread;
  cv::meanStdDev(LumaOf(FloatOf(printed.subject.person.picture)), mean, spread, inside);
  CHECK(spread[0] > .15 * mean[0]);
}

TEST_CASE("A photograph that is printed again and again has no hard edges", "[edit]") {
  const Subject base = RenderSubject(9300301, {.height = 512, .width = 352});
  Image dark_to_bright(120, 120, 3);
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 120; ++x) {
      std::fill_n(dark_to_bright.at(y, x), 3, static_cast<uint8_t>(20 + 190 * x / 120));
    }
  }
  const Edited printed =
      Print(TheBody(), base, kUpperOnly, {dark_to_bright, .3, 0, PatternRepeat::kTile});
  const cv::Mat inside = Eroded(base.regions.mask(Label::kUpper), 8) > .9;
  const cv::Mat luma = LumaOf(FloatOf(printed.subject.person.picture));
  float most = 0;
  for (int y = 0; y < luma.rows; ++y) {
    for (int x = 0; x + 1 < luma.cols; ++x) {
      if (inside.at<uint8_t>(y, x) == 0 || inside.at<uint8_t>(y, x + 1) == 0) continue;
      most = std::max(most, std::fabs(luma.at<float>(y, x + 1) - luma.at<float>(y, x)));
    }
  }
  CHECK(most < 60);
}

TEST_CASE("A print on a top without sleeves is not torn beside an arm", "[edit]") {
  Subject base = RenderSubject(9300301, {.height = 512, .width = 352});
  for (const int side : {people::kLeft, people::kRight}) {
    base.regions.limb_ends.push_back({Label::kUpper, side, .05, 1});
  }
  const cv::Rect all(0, 0, base.person.width(), base.person.height());
  const cv::Mat places = ClothPlaces(TheBody(), base, Label::kUpper, all);
  const cv::Mat& mask = base.regions.mask(Label::kUpper);
  double most = 0;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x + 1 < mask.cols; ++x) {
      if (mask.at<float>(y, x) < .5f || mask.at<float>(y, x + 1) < .5f) continue;
      most = std::max(most, cv::norm(places.at<cv::Vec2f>(y, x + 1) - places.at<cv::Vec2f>(y, x)));
    }
  }
  CHECK(most < .04);
}

TEST_CASE("A print goes on at its size to the garment's sides and beside the body", "[edit]") {
  const Subject base = RenderSubject(9300301, {.height = 512, .width = 352});
  const cv::Rect all(0, 0, base.person.width(), base.person.height());
  const cv::Mat places = ClothPlaces(TheBody(), base, Label::kUpper, all);
  const double metre = base.person.pixels_per_metre();
  // The trunk's rows below the arms' beginning, with the cloth that stands off it.
  const cv::Mat cloth = Dilated(base.regions.mask(Label::kUpper), cvRound(.01 * metre)) > .5;
  double most = 0;
  for (const int v : TheBody().skin_vertices()) {
    const people::Attributes& a = TheBody().attributes()[static_cast<size_t>(v)];
    if (a.arm_weight > 0 || a.at.y < .15f || a.at.y > .3f) continue;
    const auto& screen = base.person.screen[static_cast<size_t>(v)];
    const int y = cvRound(screen.y), x = cvRound(screen.x);
    for (int off = -cvRound(.01 * metre); off <= cvRound(.01 * metre); ++off) {
      if (cloth.at<uint8_t>(y, x + off) == 0) continue;
      const auto step = places.at<cv::Vec2f>(y, x + off + 1) - places.at<cv::Vec2f>(y, x + off);
      most = std::max(most, metre * static_cast<double>(std::fabs(step[0])));
    }
  }
  CHECK(most < 5);
}

TEST_CASE("Skirts are told from trousers", "[edit]") {
  int skirts = 0, trousers = 0;
  for (uint64_t seed = 9300200; seed < 9300230; ++seed) {
    const people::Look look = people::SamplePerson(TheBody(), seed).look;
    const bool skirt = look.bottom.HasSkirt() && look.bottom.skirt_hem < -.25f;
    const bool trouser = look.bottom.kind == people::BottomKind::kTrousers;
    if (!skirt && !trouser) continue;
    const RenderedPerson rendered = RenderPerson(seed);
    Subject subject;
    subject.person = rendered.person;
    subject.regions = rendered.truth;
    CAPTURE(seed);
    CHECK(WearsSkirt(TheBody(), subject) == skirt);
    skirts += skirt;
    trousers += trouser;
  }
  CHECK(skirts > 1);
  CHECK(trousers > 5);
}

TEST_CASE("What colours and prints cost at 1024 x 768", "[.measure]") {
  cv::setNumThreads(1);
  const Subject base = RenderSubject(9300301, {.height = 1024, .width = 768});
  const Pattern pattern{ThreeColours(), .12, 0, PatternRepeat::kTile};
  const auto time = [](const auto& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::printf("recolour %.3f s, print %.3f s\n",
              time([&] { Recolour(TheBody(), base, kUpperOnly, {200, 20, 20}); }),
              time([&] { Print(TheBody(), base, kUpperOnly, pattern); }));
  SUCCEED();
}

}  // namespace
}  // namespace atelier::edit
