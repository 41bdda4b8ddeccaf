#include "detail/blend.h"

#include <opencv2/imgproc.hpp>
#include <vector>

#include "detail/smooth_spread.h"
#include "imaging/view_of.h"

namespace atelier::detail {
namespace {

/// Pixels of the painting that colours spread over, and the edge that stops them.
constexpr double kReachPixels = 24;
constexpr double kReachLevels = 90;
/// How much the outline of the person counts as an edge.
constexpr double kOutlineLevels = 400;
/// Share of carried pixels around a place, below which their colour fades.
constexpr float kFewPixels = .02f;
/// Gaps between carried pixels about as wide as this are filled from their sides.
constexpr double kGapPixels = 5;
/// How far outside of the person the painting is still tinted by them.
constexpr double kHaloPixels = 14;
constexpr double kBackgroundPixels = 60;
/// The person's outline is as soft as a photograph's.
constexpr double kOutlineSoftness = .5;

cv::Mat Floats(const Image& image, double scale = 1) {
  cv::Mat out;
  imaging::ViewOf(image).convertTo(out, CV_32F, scale);
  return out;
}

cv::Mat InThree(const cv::Mat& one) {
  cv::Mat out;
  cv::merge(std::vector<cv::Mat>{one, one, one}, out);
  return out;
}

/// `values` smoothed along `guide`, each pixel counting as much as its `weight`, and how much
/// weight there is around every pixel.
struct Spread {
  cv::Mat mean;
  cv::Mat weight;
};

Spread SpreadOver(const cv::Mat& guide, const cv::Mat& values, const cv::Mat& weight,
                  const SpreadReach& reach) {
  std::vector<cv::Mat> channels;
  cv::split(values.mul(InThree(weight)), channels);
  channels.push_back(weight);
  cv::Mat together;
  cv::merge(channels, together);
  std::vector<cv::Mat> smoothed;
  cv::split(SmoothAlong(guide, together, reach), smoothed);
  Spread out;
  out.weight = smoothed[3];
  smoothed.pop_back();
  cv::merge(smoothed, out.mean);
  return out;
}

/// The painting's colours and the person's outline, which colours do not spread over.
cv::Mat GuideOf(const cv::Mat& painting, const cv::Mat& person) {
  std::vector<cv::Mat> channels;
  cv::split(painting, channels);
  channels.push_back(person * kOutlineLevels);
  cv::Mat guide;
  cv::merge(channels, guide);
  return guide;
}

/// The painting where nothing was carried: in the carried pixels' colour near them.
cv::Mat FillIn(const cv::Mat& painting, const cv::Mat& colours, const cv::Mat& weight,
               const cv::Mat& person, int scale) {
  const cv::Mat guide = GuideOf(painting, person);
  // What is added to the painting so that it meets the carried pixels; less where they are few.
  const Spread pull = SpreadOver(guide, colours - painting, weight,
                                 {.pixels = kReachPixels * scale, .levels = kReachLevels});
  const cv::Mat pulled = painting + pull.mean / InThree(pull.weight + kFewPixels);
  // A narrow gap takes the colours on its sides: the painting is too soft for it.
  const Spread sides =
      SpreadOver(guide, colours, weight, {.pixels = kGapPixels * scale, .levels = kReachLevels});
  cv::Mat far_off, share;
  cv::distanceTransform(weight < .5, far_off, cv::DIST_L2, cv::DIST_MASK_5);
  cv::exp(far_off * (-1 / (kGapPixels * scale)), share);
  share = share.mul(sides.weight / (sides.weight + kFewPixels));
  const cv::Mat filled = sides.mean / InThree(sides.weight + 1e-6);
  return pulled + (filled - pulled).mul(InThree(share));
}

/// What the painting shows behind the person, without the soft edge that it paints around them.
cv::Mat Background(const cv::Mat& painting, const cv::Mat& person) {
  const int reach = 2 * static_cast<int>(kHaloPixels) + 1;
  cv::Mat near_person;
  cv::dilate(person, near_person, cv::getStructuringElement(cv::MORPH_ELLIPSE, {reach, reach}));
  const cv::Mat known = 1 - near_person;
  const cv::Mat even(painting.size(), CV_32F, cv::Scalar(0));
  const Spread spread =
      SpreadOver(even, painting, known, {.pixels = kBackgroundPixels, .levels = 1});
  const cv::Mat behind = spread.mean / InThree(spread.weight + 1e-6);
  // A person who fills the picture leaves nothing to tell the background by.
  const cv::Mat trust = spread.weight / (spread.weight + 1e-4);
  const cv::Mat unsure = painting + (behind - painting).mul(InThree(trust));
  // Further off it is the painting, without the faint marks that a small model leaves on a wall.
  const cv::Mat calm =
      SmoothAlong(painting, painting, {.pixels = kReachPixels, .levels = kReachLevels});
  // Half of the pixels around its border are known: there it begins.
  cv::Mat around;
  cv::blur(known, around, {reach, reach});
  const cv::Mat share = cv::max(2 * around - 1, 0.0);
  return unsure + (calm - unsure).mul(InThree(share));
}

}  // namespace

Image Grow(const Image& painting, int scale) {
  Image out(painting.height * scale, painting.width * scale, 3);
  cv::Mat target = imaging::ViewOf(out);
  cv::resize(imaging::ViewOf(painting), target, target.size(), 0, 0, cv::INTER_CUBIC);
  return out;
}

Image LayOver(const Image& painting, const CarriedPicture& carried, int scale) {
  Image out = Grow(painting, scale);
  cv::Mat target = imaging::ViewOf(out);
  cv::Mat grown = Floats(out);
  const cv::Mat colours = Floats(carried.colours);
  const cv::Mat weight = Floats(carried.weight, 1 / 255.0);
  const cv::Mat person = Floats(carried.person, 1 / 255.0);
  cv::Mat matte;
  cv::GaussianBlur(person, matte, {}, kOutlineSoftness * scale);
  const cv::Mat filled = FillIn(grown, colours, weight, person, scale);
  const cv::Mat body = filled + (colours - filled).mul(InThree(weight));
  // It is smooth, so the painting's own size is enough.
  cv::Mat small_person, behind;
  cv::resize(person, small_person, {painting.width, painting.height}, 0, 0, cv::INTER_AREA);
  cv::threshold(small_person, small_person, 0, 1, cv::THRESH_BINARY);
  cv::resize(Background(Floats(painting), small_person), behind, target.size(), 0, 0,
             cv::INTER_CUBIC);
  const cv::Mat blended = behind + (body - behind).mul(InThree(matte));
  blended.convertTo(target, CV_8U);
  return out;
}

}  // namespace atelier::detail
