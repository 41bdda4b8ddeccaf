#include "edit/face/rim.h"

#include <algorithm>
#include <vector>

#include "edit/face/plane.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

cv::Mat LogOf(const cv::Mat& rgb) {
  constexpr double kLeastLevel = 10;
  cv::Mat out;
  cv::log(cv::max(rgb, 0.0) + cv::Scalar::all(kLeastLevel), out);
  return out;
}

/// Less where `difference` (three channels) is far from its mean over `weight`: hair and brows of
/// one face beside skin of the other.
cv::Mat WithoutOutliers(const cv::Mat& difference, cv::Mat weight) {
  constexpr int kRounds = 3;
  constexpr double kFar = .25;
  for (int round = 0; round < kRounds; ++round) {
    const cv::Scalar mean = cv::sum(Times(difference, weight)) / std::max(1e-6, cv::sum(weight)[0]);
    cv::Mat off;
    cv::transform((difference - mean).mul(difference - mean), off, cv::Matx13f(1, 1, 1));
    off = 1 / (1 + off / (kFar * kFar));
    weight = weight.mul(off.mul(off));
  }
  return weight;
}

}  // namespace

cv::Mat InLightOf(const cv::Mat& picture, const cv::Mat& colours, const cv::Mat& skin) {
  constexpr double kFar = .25, kMost = .6, kFewPixels = 60;
  constexpr int kRounds = 4;
  if (cv::sum(skin)[0] < kFewPixels) return colours;
  const cv::Mat lacking = LogOf(picture) - LogOf(colours);
  std::vector<cv::Mat> channels, planes(3);
  cv::split(lacking, channels);
  cv::Mat weight = skin, light;
  for (int round = 0; round < kRounds; ++round) {
    for (size_t c = 0; c < 3; ++c) planes[c] = PlaneThrough(channels[c], weight);
    cv::merge(planes, light);
    cv::Mat off;
    cv::transform((lacking - light).mul(lacking - light), off, cv::Matx13f(1, 1, 1));
    off = 1 / (1 + off / (kFar * kFar));
    weight = skin.mul(off.mul(off));
  }
  cv::exp(cv::min(cv::max(light, cv::Scalar::all(-kMost)), cv::Scalar::all(kMost)), light);
  return colours.mul(light);
}

cv::Mat WithFineLines(const cv::Mat& picture, const cv::Mat& colours, double enlarged) {
  constexpr float kSharp = 1.2f, kBlurred = 2;
  constexpr double kOfEnlarged = .8, kMost = .5;
  const double share = static_cast<double>(Ramp(static_cast<float>(enlarged), kSharp, kBlurred));
  if (share <= 0) return colours;
  const cv::Mat luma = LumaOf(picture);
  cv::Mat lines = LogOf(luma) - LogOf(Blurred(luma, kOfEnlarged * enlarged));
  cv::exp(share * cv::min(cv::max(lines, -kMost), kMost), lines);
  return Times(colours, lines);
}

cv::Mat MetAtRim(const cv::Mat& picture, const cv::Mat& colours, const Rim& rim,
                 double pixels_per_metre) {
  constexpr double kSmoothMetres = .012, kMost = .4, kOfNoSkin = .4, kOfMiddle = .1;
  constexpr double kFewPixels = 20;
  cv::Mat weight = Ramp(rim.alpha, .02, .1).mul(Ramp(rim.alpha, .7, .4)).mul(rim.known);
  if (cv::sum(weight)[0] < kFewPixels) return colours;
  cv::Mat lacking = LogOf(picture) - LogOf(colours);
  weight = WithoutOutliers(lacking, weight);
  // In the middle the tone is right already.
  const cv::Mat all = weight + kOfMiddle * Ramp(rim.alpha, .8, 1);
  lacking = Blurred(PushPull(Over(Times(lacking, weight), all), cv::min(all, 1.0)),
                    kSmoothMetres * pixels_per_metre);
  lacking = Times(cv::min(cv::max(lacking, -kMost), kMost), kOfNoSkin + (1 - kOfNoSkin) * rim.skin);
  cv::exp(lacking, lacking);
  return colours.mul(lacking);
}

}  // namespace atelier::edit
