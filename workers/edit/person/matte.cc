#include "edit/person/matte.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// Distance in RGB between the two sides: below the first a pixel's colour says nothing of its
/// share, above the second all.
constexpr float kAlike = 8, kApart = 30;
/// How far a pixel may lie off the line between both colours before it is something else.
constexpr float kOffLine = 30;

cv::Mat FloatMask(const cv::Mat& bytes) {
  cv::Mat out;
  bytes.convertTo(out, CV_32F, 1 / 255.0);
  return out;
}

/// The share of the inner colour in `pixel`, and how much that is to be believed.
struct Share {
  float share = 0;
  float trust = 0;
};

Share ShareOf(const cv::Vec3f& pixel, const cv::Vec3f& inside, const cv::Vec3f& outside) {
  // Distance to one side over those to both, and their difference in levels.
  constexpr float kSurelyOut = .35f, kSurelyIn = .65f, kUndecided = 20, kDecided = 60;
  const cv::Vec3f line = inside - outside, from = pixel - outside;
  const float length = line.dot(line);
  if (length < kAlike * kAlike) return {};
  const float mixed = std::clamp(from.dot(line) / length, 0.0f, 1.0f);
  const cv::Vec3f off = from - line * mixed, to_inside = pixel - inside;
  const float on_line = std::exp(-off.dot(off) / (kOffLine * kOffLine));
  // Off the line between both colours it is no mixture, but of the side that it is nearer to.
  const float in = std::sqrt(to_inside.dot(to_inside)), out = std::sqrt(from.dot(from));
  const float nearer = Ramp(out / std::max(in + out, 1.0f), kSurelyOut, kSurelyIn);
  const float trust = std::max(on_line, Ramp(std::fabs(in - out), kUndecided, kDecided));
  return {nearer + on_line * (mixed - nearer), trust * Ramp(std::sqrt(length), kAlike, kApart)};
}

/// `values` smoothed except across edges of `guide` (both one channel): the guided filter of He,
/// Sun and Tang.
cv::Mat Guided(const cv::Mat& guide, const cv::Mat& values, int radius, double smoothness) {
  const auto mean = [radius](const cv::Mat& m) {
    cv::Mat out;
    cv::blur(m, out, {2 * radius + 1, 2 * radius + 1});
    return out;
  };
  const cv::Mat mean_guide = mean(guide), mean_values = mean(values);
  const cv::Mat variance = mean(guide.mul(guide)) - mean_guide.mul(mean_guide);
  const cv::Mat covariance = mean(guide.mul(values)) - mean_guide.mul(mean_values);
  const cv::Mat slope = covariance / (variance + smoothness);
  const cv::Mat offset = mean_values - slope.mul(mean_guide);
  return mean(slope).mul(guide) + mean(offset);
}

/// The mask's share, corrected by colours where `unsure`.
cv::Mat AlphaOf(const cv::Mat& picture, const Matte& sides, const cv::Mat& mask,
                const cv::Mat& unsure) {
  // Where the mask is sure of the region, colour does not quite overrule it: cloth may have the
  // colour of the wall.
  constexpr float kMaskTrust = .2f;
  cv::Mat alpha(mask.size(), CV_32F);
  for (int y = 0; y < mask.rows; ++y) {
    const auto* pixels = picture.ptr<cv::Vec3f>(y);
    const auto* inside = sides.inside.ptr<cv::Vec3f>(y);
    const auto* outside = sides.outside.ptr<cv::Vec3f>(y);
    const float* given = mask.ptr<float>(y);
    const uint8_t* open = unsure.ptr<uint8_t>(y);
    float* out = alpha.ptr<float>(y);
    for (int x = 0; x < mask.cols; ++x) {
      out[x] = given[x];
      if (open[x] == 0) continue;
      const Share share = ShareOf(pixels[x], inside[x], outside[x]);
      const float sure = kMaskTrust * Ramp(given[x], .9f, 1);
      out[x] += (1 - sure) * share.trust * (share.share - given[x]);
    }
  }
  return alpha;
}

/// The region's colour in mixed pixels: the mixture solved for it, the surer the more of it there
/// is.
void Unmix(const cv::Mat& picture, Matte& matte) {
  constexpr float kLeast = .3f, kMost = .95f;
  for (int y = 0; y < picture.rows; ++y) {
    const auto* pixels = picture.ptr<cv::Vec3f>(y);
    const auto* outside = matte.outside.ptr<cv::Vec3f>(y);
    const float* alpha = matte.alpha.ptr<float>(y);
    auto* inside = matte.inside.ptr<cv::Vec3f>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const float a = alpha[x];
      if (a <= kLeast) continue;
      const float trust = Ramp(a, kLeast, kMost);
      const cv::Vec3f solved = (pixels[x] - outside[x] * (1 - a)) * (1 / a);
      for (int c = 0; c < 3; ++c) {
        inside[x][c] += trust * (std::clamp(solved[c], 0.0f, 255.0f) - inside[x][c]);
      }
    }
  }
}

Matte Solve(const cv::Mat& picture, const cv::Mat& mask, int band, const cv::Mat* wall) {
  constexpr double kSurelyIn = .9, kSurelyOut = .1, kSmoothness = 4e-4;
  constexpr double kNarrow = .02;
  constexpr double kSnap = .04, kSoftOut = .3, kSoftIn = .7;
  const cv::Mat in_mask = FloatMask(mask > kSurelyIn), out_mask = FloatMask(mask < kSurelyOut);
  const cv::Mat in = Eroded(in_mask, band), out = Eroded(out_mask, band);
  // What is narrower than the band, such as fingers, has no other colour than its border's.
  const auto continued = [&](const cv::Mat& sure, const cv::Mat& likely) {
    return PushPull(picture, cv::max(sure, kNarrow * likely));
  };
  Matte matte;
  matte.inside = continued(in, in_mask);
  matte.outside = wall == nullptr ? continued(out, out_mask) : Mix(*wall, picture, out);
  const cv::Mat unsure = (in + out) < .5;
  // A mask made at a smaller size is softer than any edge.
  cv::Mat alpha = AlphaOf(picture, matte, Ramp(mask, kSoftOut, kSoftIn), unsure);
  const cv::Mat smooth = Guided(LumaOf(picture) / 255, alpha, 2, kSmoothness);
  smooth.copyTo(alpha, unsure);
  matte.alpha = Ramp(alpha, kSnap, 1 - kSnap);
  Unmix(picture, matte);
  return matte;
}

}  // namespace

Matte MatteOf(const cv::Mat& picture, const cv::Mat& mask, int band) {
  return Solve(picture, mask, std::max(1, band), nullptr);
}

Matte MatteOf(const cv::Mat& picture, const cv::Mat& mask, int band, const cv::Mat& outside) {
  return Solve(picture, mask, std::max(1, band), &outside);
}

}  // namespace atelier::edit
