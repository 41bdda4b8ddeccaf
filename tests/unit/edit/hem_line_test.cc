// The line in which a top ends, and its colour around where it was.
#include "edit/cut/hem_line.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "edit/cut/spill.h"

namespace atelier::edit {
namespace {

constexpr int kHeight = 200, kWidth = 160, kLeft = 30, kRight = 130;
constexpr double kPerMetre = 300;

/// A trunk from kLeft to kRight, covered down to `hem(x)`.
cv::Mat Top(const std::function<double(int)>& hem) {
  cv::Mat mask(kHeight, kWidth, CV_32F, cv::Scalar(0));
  for (int x = kLeft; x < kRight; ++x) {
    for (int y = 0; y <= std::lround(hem(x)); ++y) mask.at<float>(y, x) = 1;
  }
  return mask;
}

cv::Mat Nothing() { return cv::Mat::zeros(kHeight, kWidth, CV_32F); }

HemPlaces Places() {
  HemPlaces places;
  places.zone = cv::Mat(kHeight, kWidth, CV_8U, cv::Scalar(255));
  places.person = cv::Mat(kHeight, kWidth, CV_8U, cv::Scalar(0));
  places.person.colRange(kLeft, kRight).setTo(255);
  places.hidden = cv::Mat(kHeight, kWidth, CV_8U, cv::Scalar(0));
  return places;
}

int EndAt(const cv::Mat& mask, int x) {
  int end = -1;
  for (int y = 0; y < mask.rows; ++y) {
    if (mask.at<float>(y, x) > .5f) end = y;
  }
  return end;
}

/// The furthest that the top ends from `wanted`, columns beside its sides left out.
double FurthestOff(const cv::Mat& mask, const std::function<double(int)>& wanted) {
  double most = 0;
  for (int x = kLeft + 4; x < kRight - 4; ++x) {
    most = std::max(most, std::fabs(EndAt(mask, x) - wanted(x)));
  }
  return most;
}

const auto kSlant = [](int x) { return 120 + .08 * (x - kLeft); };
/// The same with a point that hangs down and a notch.
const auto kLobed = [](int x) {
  const double point = 14 * std::exp(-std::pow((x - 60) / 6.0, 2));
  const double notch = 10 * std::exp(-std::pow((x - 100) / 5.0, 2));
  return kSlant(x) + point - notch;
};

TEST_CASE("A top with a point and a notch ends in one line", "[garment]") {
  const cv::Mat lobed = Top(kLobed), none = Nothing();
  CHECK(FurthestOff(lobed, kSlant) > 9);
  CHECK(FurthestOff(WithEvenHem(lobed, none, Places(), kPerMetre), kSlant) < 2);
}

TEST_CASE("A top that ends about where the old one did ends where it did", "[garment]") {
  // A wave of the old cloth, which is seen.
  const auto wave = [](int x) { return 124 + std::sin(x / 6.0); };
  const cv::Mat even = WithEvenHem(Top(kLobed), Top(wave), Places(), kPerMetre);
  CHECK(FurthestOff(even, wave) < 2);
}

TEST_CASE("A longer top ends in the old hem's line further below, without its notches",
          "[garment]") {
  const auto old = [](int x) { return 80 + .1 * (x - kLeft) - (x >= 70 && x < 85 ? 6 : 0); };
  const cv::Mat even = WithEvenHem(Top(kLobed), Top(old), Places(), kPerMetre);
  // Some 44 rows below, in the median of what the new one has.
  const double below = EndAt(even, 110) - old(110);
  CHECK(below == Approx(42).margin(5));
  CHECK(FurthestOff(even, [&](int x) { return 80 + .1 * (x - kLeft) + below; }) < 2.5);
}

TEST_CASE("What hides a hem is no end of it", "[garment]") {
  HemPlaces places = Places();
  places.hidden.colRange(80, 110).setTo(255);
  const auto cut_off = [](int x) { return x >= 80 && x < 110 ? 100 : kSlant(x); };
  const cv::Mat none = Nothing();
  const cv::Mat even = WithEvenHem(Top(cut_off), none, places, kPerMetre);
  for (const int x : {50, 70, 120}) CHECK(std::abs(EndAt(even, x) - kSlant(x)) < 2);
}

TEST_CASE("A hem of which little is seen, or that is no line, stays", "[garment]") {
  const cv::Mat none = Top([](int) { return 40; });
  SECTION("hidden for the most part") {
    HemPlaces places = Places();
    places.hidden.colRange(kLeft, kRight - 20).setTo(255);
    const cv::Mat lobed = Top(kLobed);
    CHECK(cv::countNonZero(WithEvenHem(lobed, none, places, kPerMetre) != lobed) == 0);
  }
  SECTION("stairs") {
    const cv::Mat stairs = Top([](int x) { return x / 10 % 2 == 0 ? 100 : 130; });
    CHECK(cv::countNonZero(WithEvenHem(stairs, none, Places(), kPerMetre) != stairs) == 0);
  }
}

constexpr double kPixelsPerMetre = 400;
const cv::Rect kObject(40, 20, 40, 60), kMasked(42, 22, 36, 56), kSkin(80, 20, 20, 60);
const cv::Scalar kOrange(250, 140, 20), kWall(220, 222, 225), kTan(205, 160, 135);

/// An orange block before a wall and beside skin, whose mask misses its outermost pixels.
SpillInput Block() {
  SpillInput input;
  input.before = cv::Mat(100, 120, CV_32FC3, kWall);
  input.before(kSkin).setTo(kTan);
  input.before(kObject).setTo(kOrange);
  cv::GaussianBlur(input.before, input.before, {0, 0}, .8);
  input.object = cv::Mat(100, 120, CV_32F, cv::Scalar(0));
  input.object(kMasked).setTo(1);
  cv::Mat skin(100, 120, CV_32F, cv::Scalar(0));
  skin(kSkin).setTo(1);
  input.others = {skin, 1 - input.object - skin};
  input.keep = cv::Mat::zeros(100, 120, CV_32F);
  input.now = input.before.clone();
  input.now(kMasked).setTo(kWall);
  return input;
}

/// The largest difference from a colour within a part.
double Off(const cv::Mat& picture, const cv::Rect& where, const cv::Scalar& colour) {
  const cv::Mat wanted(where.size(), CV_32FC3, colour);
  return cv::norm(picture(where), wanted, cv::NORM_INF);
}

TEST_CASE("No rim of the old garment's colour stays before the wall", "[edit]") {
  const SpillInput input = Block();
  cv::Mat share;
  const cv::Mat clean = WithoutSpill(input, kPixelsPerMetre, share);
  const cv::Rect beside(36, 30, 6, 40);
  REQUIRE(Off(input.now, beside, kWall) > 100);
  CHECK(Off(clean, beside, kWall) < 20);
  CHECK(cv::mean(share(cv::Rect(40, 30, 2, 40)))[0] > .7);
}

TEST_CASE("A clean wall is not given the colour of skin beside it", "[edit]") {
  const SpillInput input = Block();
  cv::Mat share;
  const cv::Mat clean = WithoutSpill(input, kPixelsPerMetre, share);
  CHECK(Off(clean, {44, 30, 30, 40}, kWall) < 3);
  CHECK(Off(clean, {84, 30, 12, 40}, kTan) < 3);
  CHECK(cv::norm(clean(cv::Rect(0, 0, 20, 100)), input.now(cv::Rect(0, 0, 20, 100)),
                 cv::NORM_INF) == 0);
}

TEST_CASE("What is kept keeps the old garment's colour", "[edit]") {
  SpillInput input = Block();
  input.keep.setTo(1);
  cv::Mat share;
  CHECK(cv::norm(WithoutSpill(input, kPixelsPerMetre, share), input.now, cv::NORM_INF) == 0);
  CHECK(cv::countNonZero(share) == 0);
}

}  // namespace
}  // namespace atelier::edit
