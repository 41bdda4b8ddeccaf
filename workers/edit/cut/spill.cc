#include "edit/cut/spill.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// Metres beside the object up to which all, and from which on nothing, of its colour is taken; and
/// inside of other things from which on their own colour is not mixed.
constexpr double kNear = .008, kFar = .014, kClear = .008;
/// Levels: below the first, two colours say nothing of a mixture, above the second all; and how far
/// a pixel may lie off the line between both colours before it is something else.
constexpr float kAlike = 25, kApart = 60, kOffLine = 24;
/// Shares of the object's colour that may be the other's own light and shade; and from which on
/// they are not.
constexpr float kShade = .06f, kSpill = .2f;

/// A pixel as a mixture of the object's colour and another one.
struct Mixture {
  /// Of the object; 0 where both colours are alike, or the pixel is no such mixture.
  float share = 0;
  /// How badly it is explained: off the line between both colours, and mixed at all.
  float badness = 0;
};

Mixture MixtureOf(const cv::Vec3f& pixel, const cv::Vec3f& object, const cv::Vec3f& other) {
  constexpr float kMixed = .3f;
  const cv::Vec3f line = object - other, from = pixel - other;
  const float length = line.dot(line);
  const float mixed = length > 1 ? std::clamp(from.dot(line) / length, 0.0f, 1.0f) : 0;
  const cv::Vec3f off = from - line * mixed;
  const float off_line = off.dot(off) / (kOffLine * kOffLine);
  return {mixed * Ramp(mixed, kShade, kSpill) * std::exp(-off_line) *
              Ramp(std::sqrt(length), kAlike, kApart),
          off_line + kMixed * mixed};
}

/// What `mask` shows away from the object, continued.
cv::Mat OwnColour(const cv::Mat& picture, const cv::Mat& mask, const cv::Mat& away) {
  const cv::Mat sure = Ramp(mask, .7, .95);
  const cv::Mat clear = sure.mul(away);
  // What is nowhere away from it has the colour that it has there.
  return PushPull(picture, cv::max(clear, .002 * Eroded(sure, 1)));
}

}  // namespace

cv::Mat WithoutSpill(const SpillInput& input, double pixels_per_metre, cv::Mat& share) {
  share = cv::Mat::zeros(input.object.size(), CV_32F);
  const cv::Mat is_object = input.object > .5;
  if (cv::countNonZero(is_object) == 0) return input.now;
  cv::Mat distance;
  cv::distanceTransform(~is_object, distance, cv::DIST_L2, cv::DIST_MASK_5);
  const cv::Mat near =
      Ramp(distance, kFar * pixels_per_metre, kNear * pixels_per_metre).mul(1 - input.keep);
  const cv::Mat away =
      Ramp(distance, kNear * pixels_per_metre, (kNear + kClear) * pixels_per_metre);
  const int inside = PixelsOf(kNear, pixels_per_metre);
  const cv::Mat of_object = PushPull(
      input.before,
      cv::max(Eroded(Ramp(input.object, .8, .95), inside), .01 * Ramp(input.object, .8, .95)));
  // A pixel may be of anything that is near it: of what explains it best.
  constexpr float kNothing = 1e9f;
  cv::Mat badness(input.object.size(), CV_32F, cv::Scalar(kNothing));
  cv::Mat likeliest = input.now.clone();
  const int beside = PixelsOf(kClear, pixels_per_metre);
  for (const cv::Mat& mask : input.others) {
    const cv::Mat is_near = (Dilated(mask, beside) > .5) & (near > 0);
    if (cv::countNonZero(is_near) == 0) continue;
    const cv::Mat own = OwnColour(input.before, mask, away);
    for (int y = 0; y < badness.rows; ++y) {
      for (int x = 0; x < badness.cols; ++x) {
        if (is_near.at<uint8_t>(y, x) == 0) continue;
        const auto& other = own.at<cv::Vec3f>(y, x);
        const Mixture mixture =
            MixtureOf(input.now.at<cv::Vec3f>(y, x), of_object.at<cv::Vec3f>(y, x), other);
        if (mixture.badness >= badness.at<float>(y, x)) continue;
        badness.at<float>(y, x) = mixture.badness;
        share.at<float>(y, x) = near.at<float>(y, x) * mixture.share;
        likeliest.at<cv::Vec3f>(y, x) = other;
      }
    }
  }
  cv::Mat out = input.now.clone();
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const float taken = share.at<float>(y, x);
      if (taken <= 0) continue;
      auto& pixel = out.at<cv::Vec3f>(y, x);
      pixel -= taken * (of_object.at<cv::Vec3f>(y, x) - likeliest.at<cv::Vec3f>(y, x));
      for (int c = 0; c < 3; ++c) pixel[c] = std::clamp(pixel[c], 0.0f, 255.0f);
    }
  }
  return out;
}

}  // namespace atelier::edit
