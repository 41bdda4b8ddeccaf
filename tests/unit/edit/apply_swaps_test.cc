#include "edit/apply_swaps.h"

#include <catch2/catch.hpp>
#include <opencv2/imgproc.hpp>

#include "unit/edit/edit_fixture.h"

namespace atelier::edit {
namespace {

Subject SubjectOf(uint64_t seed) {
  RenderedPerson rendered = RenderPerson(seed);
  Subject subject;
  subject.person = std::move(rendered.person);
  subject.regions = std::move(rendered.truth);
  subject.appearance = AppearanceOf(TheBody(), subject.person, subject.regions);
  return subject;
}

SwapStep ColourStep(RegionKind kind, FlatColour colour, double strength = 1) {
  return {{.kind = kind}, colour, strength, "swaps[0]"};
}

/// Largest difference of a channel where `where` is true.
int LargestDifference(const Image& a, const Image& b, const cv::Mat& where) {
  cv::Mat difference;
  cv::absdiff(imaging::ViewOf(a), imaging::ViewOf(b), difference);
  difference = difference.reshape(1);
  int largest = 0;
  for (int y = 0; y < where.rows; ++y) {
    for (int x = 0; x < where.cols; ++x) {
      if (where.at<uint8_t>(y, x) == 0) continue;
      for (int c = 0; c < 3; ++c) {
        largest = std::max<int>(largest, difference.at<uint8_t>(y, 3 * x + c));
      }
    }
  }
  return largest;
}

TEST_CASE("Where nothing was changed the picture is the base's, bit for bit", "[edit]") {
  const Subject base = SubjectOf(9300301);
  const std::vector<SwapStep> steps = {ColourStep(RegionKind::kUpperGarment, {20, 90, 200})};
  const auto outcome = ApplySwaps(TheBody(), base, steps);
  REQUIRE(outcome);
  CHECK(cv::countNonZero(outcome->changed > 0) > 500);
  CHECK(LargestDifference(outcome->picture, base.person.picture, outcome->changed == 0) == 0);
  CHECK(LargestDifference(outcome->picture, base.person.picture, outcome->changed > .9f) > 30);
}

TEST_CASE("Half the strength is half the change", "[edit]") {
  const Subject base = SubjectOf(9300302);
  const FlatColour colour{220, 220, 40};
  const std::vector<SwapStep> full = {ColourStep(RegionKind::kLowerGarment, colour)};
  const std::vector<SwapStep> half = {ColourStep(RegionKind::kLowerGarment, colour, .5)};
  const auto all = ApplySwaps(TheBody(), base, full), some = ApplySwaps(TheBody(), base, half);
  REQUIRE(all);
  REQUIRE(some);
  cv::Mat between;
  cv::addWeighted(imaging::ViewOf(all->picture), .5, imaging::ViewOf(base.person.picture), .5, 0,
                  between);
  CHECK(cv::norm(between, imaging::ViewOf(some->picture), cv::NORM_INF) <= 1);
}

TEST_CASE("Swaps follow one another: the second sees what the first did", "[edit]") {
  const Subject base = SubjectOf(9300303);
  const std::vector<SwapStep> steps = {ColourStep(RegionKind::kUpperGarment, {200, 30, 30}),
                                       ColourStep(RegionKind::kLowerGarment, {30, 30, 200})};
  const auto outcome = ApplySwaps(TheBody(), base, steps);
  REQUIRE(outcome);
  const cv::Mat picture = imaging::ViewOf(outcome->picture);
  const cv::Scalar upper = cv::mean(picture, base.regions.mask(Label::kUpper) > .9f);
  const cv::Scalar lower = cv::mean(picture, base.regions.mask(Label::kLower) > .9f);
  CHECK(upper[0] > upper[2] + 60);
  CHECK(lower[2] > lower[0] + 60);
}

TEST_CASE("Without a background the picture has an alpha channel, whatever the order", "[edit]") {
  const Subject base = SubjectOf(9300304);
  const std::vector<SwapStep> steps = {
      {{.kind = RegionKind::kBackground}, NoBackground{}, 1, "swaps[0]"},
      ColourStep(RegionKind::kUpperGarment, {200, 30, 30})};
  const auto outcome = ApplySwaps(TheBody(), base, steps);
  REQUIRE(outcome);
  REQUIRE(outcome->picture.channels == 4);
  cv::Mat alpha;
  cv::extractChannel(imaging::ViewOf(outcome->picture), alpha, 3);
  CHECK(cv::mean(alpha, base.person.mask > .99f)[0] > 230);
  cv::Mat far_off;
  cv::dilate(base.person.mask > .01f, far_off, cv::Mat::ones(15, 15, CV_8U));
  CHECK(cv::mean(alpha, far_off == 0)[0] < 8);
}

TEST_CASE("Skin takes the donor's tone, and clothes and wall stay as they are", "[edit]") {
  const Subject base = SubjectOf(9300308), donor = SubjectOf(9300311);
  const cv::Vec3f from = base.appearance.skin_lab, to = donor.appearance.skin_lab;
  REQUIRE(cv::norm(from - to) > 8);
  const std::vector<SwapStep> steps = {
      {{.kind = RegionKind::kSkin}, std::make_shared<const Subject>(donor), 1, "swaps[0]"}};
  const auto outcome = ApplySwaps(TheBody(), base, steps);
  REQUIRE(outcome);
  const Appearance after = AppearanceOf(TheBody(), outcome->subject.person, base.regions);
  CAPTURE(from, to, after.skin_lab);
  CHECK(cv::norm(after.skin_lab - to) < .35 * cv::norm(from - to));
  CHECK(LargestDifference(outcome->picture, base.person.picture,
                          base.regions.mask(Label::kSkin) == 0) == 0);
}

TEST_CASE("Regions that a picture does not show are refused by their swap", "[edit]") {
  Subject base = SubjectOf(9300305);
  base.regions.masks[IndexOf(Label::kHair)] = cv::Mat::zeros(base.person.mask.size(), CV_32F);
  const std::vector<SwapStep> hair = {ColourStep(RegionKind::kHair, {200, 30, 30})};
  const auto missing = ApplySwaps(TheBody(), base, hair);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().reason == "BASE_WITHOUT_REGION");
  CHECK(missing.error().message.find("swaps[0]") == 0);

  // A faint trace of a region everywhere is none.
  base.regions.masks[IndexOf(Label::kHair)] = base.person.mask * .3;
  CHECK(ApplySwaps(TheBody(), base, hair).error().reason == "BASE_WITHOUT_REGION");

  Subject donor = SubjectOf(9300306);
  donor.regions.masks[IndexOf(Label::kShoes)] = cv::Mat::zeros(donor.person.mask.size(), CV_32F);
  const std::vector<SwapStep> shoes = {{{.kind = RegionKind::kShoes},
                                        std::make_shared<const Subject>(std::move(donor)),
                                        1,
                                        "swaps[0]"}};
  const auto without = ApplySwaps(TheBody(), SubjectOf(9300307), shoes);
  REQUIRE_FALSE(without);
  CHECK(without.error().reason == "DONOR_WITHOUT_REGION");
}

TEST_CASE("A larger picture keeps its own pixels where nothing was changed", "[edit]") {
  Image whole(64, 48, 3);
  for (size_t i = 0; i < whole.data.size(); ++i) whole.data[i] = static_cast<uint8_t>(i * 7 % 251);
  const Image edited(32, 24, 3, 200);
  cv::Mat changed = cv::Mat::zeros(32, 24, CV_32F);
  changed(cv::Rect(12, 8, 12, 24)) = 1;
  const Image out = OverWhole(whole, edited, changed);
  CHECK(out.height == 64);
  CHECK(LargestDifference(out, whole, cv::Mat(64, 48, CV_8U, cv::Scalar(0))) == 0);
  CHECK(std::equal(out.at(10, 2), out.at(10, 2) + 30, whole.at(10, 2)));
  CHECK(out.at(40, 40)[1] == 200);
}

}  // namespace
}  // namespace atelier::edit
