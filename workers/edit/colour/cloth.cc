#include "edit/colour/cloth.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {
namespace {

constexpr float kSurely = .8f;

float SureAlpha(const cv::Mat& alpha) {
  double most = 0;
  cv::minMaxLoc(alpha, nullptr, &most);
  return std::min(kSurely, static_cast<float>(most) / 2);
}

/// Value below which `share` of the values lie where `alpha` is sure; 0 when there are none.
float PercentileWhere(const cv::Mat& values, int channel, const cv::Mat& alpha, double share) {
  const float least = SureAlpha(alpha);
  std::vector<float> found;
  const int channels = values.channels();
  for (int y = 0; y < values.rows; ++y) {
    const float* row = values.ptr<float>(y);
    const float* weight = alpha.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x) {
      if (weight[x] > least) found.push_back(row[x * channels + channel]);
    }
  }
  if (found.empty()) return 0;
  const auto at =
      found.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(found.size() - 1));
  std::ranges::nth_element(found, at);
  return *at;
}

/// `lab` with hues as they would be at the lightness `usual`: shade takes from them as much as from
/// lightness.
cv::Mat HuesInUsualLight(const cv::Mat& lab, float usual) {
  constexpr float kDark = .3f;  // of the usual: black has no hue
  cv::Mat out = lab.clone();
  for (int y = 0; y < out.rows; ++y) {
    auto* row = out.ptr<cv::Vec3f>(y);
    for (int x = 0; x < out.cols; ++x) {
      const float gain = usual / std::max({row[x][0], kDark * usual, 1.0f});
      row[x][1] *= gain;
      row[x][2] *= gain;
    }
  }
  return out;
}

/// How much cloth's colour varies by itself rather than by light: 0 plain, 1 patterned.
float PatternedShare(const cv::Mat& given, const cv::Mat& alpha) {
  constexpr float kPlainHue = 6, kPatternedHue = 16;
  // Strong colours vary by more, and pictures clip them.
  constexpr float kPlainOfChroma = .15f, kPatternedOfChroma = .4f;
  constexpr float kPlainRange = .55f, kPatternedRange = 1.1f;
  const cv::Mat lab = HuesInUsualLight(given, PercentileWhere(given, 0, alpha, .5));
  const auto range = [&](int channel, double share) {
    return PercentileWhere(lab, channel, alpha, 1 - share) -
           PercentileWhere(lab, channel, alpha, share);
  };
  const float hue = range(1, .1) + range(2, .1);
  const float lightness = range(0, .1) / std::max(20.0f, PercentileWhere(lab, 0, alpha, .5));
  const float chroma =
      std::hypot(PercentileWhere(lab, 1, alpha, .5), PercentileWhere(lab, 2, alpha, .5));
  return std::max(Ramp(hue, std::max(kPlainHue, kPlainOfChroma * chroma),
                       std::max(kPatternedHue, kPatternedOfChroma * chroma)),
                  Ramp(lightness, kPlainRange, kPatternedRange));
}

}  // namespace

int BorderBand(const Person& person) {
  constexpr double kBandMetres = .012;
  return std::max(2, cvRound(kBandMetres * person.pixels_per_metre()));
}

cv::Vec3f MedianWhere(const cv::Mat& values, const cv::Mat& alpha) {
  cv::Vec3f median;
  for (int c = 0; c < 3; ++c) median[c] = PercentileWhere(values, c, alpha, .5);
  return median;
}

cv::Mat LightOn(const people::Body& body, const Subject& subject, const cv::Rect& box) {
  constexpr double kSmoothMetres = .008, kMost = .6;
  const Person& person = subject.person;
  std::vector<float> shade(person.normals.size());
  for (size_t v = 0; v < shade.size(); ++v) {
    shade[v] = people::Dot(person.normals[v], subject.appearance.light);
  }
  const SurfaceView view(body, person.screen, {box, 1});
  const cv::Mat covered = view.Covered();
  const double sigma = kSmoothMetres * person.pixels_per_metre();
  cv::Mat log_light = Blurred(PushPull(view.Interpolate(shade), covered), sigma);
  const double total = std::max(1.0, cv::sum(covered)[0]);
  const double mean = cv::sum(log_light.mul(covered))[0] / total;
  log_light = cv::min(cv::max(log_light - mean, -kMost), kMost);
  cv::Mat light;
  cv::exp(log_light, light);
  return light;
}

cv::Mat ShadingOf(const cv::Mat& cloth, const cv::Mat& alpha, const cv::Mat& light,
                  double pixels_per_metre) {
  constexpr double kSmoothMetres = .0015, kUsual = .6, kSteeper = 1.6;
  constexpr double kDarkest = .35, kBrightest = 1.35;
  constexpr float kBlack = 12, kGrey = 35;
  const cv::Mat lab = LabOf(cloth);
  cv::Mat lightness;
  cv::extractChannel(lab, lightness, 0);
  const float usual = PercentileWhere(lightness, 0, alpha, kUsual);
  // Black cloth shows noise, not folds.
  const float folds = Ramp(usual, kBlack, kGrey) * (1 - PatternedShare(lab, alpha));
  const double sigma = std::max(.8, kSmoothMetres * pixels_per_metre);
  cv::Mat own = Blurred(lightness, sigma) / std::max(usual, 5.0f);
  cv::pow(own, kSteeper, own);
  own = cv::min(cv::max(own, kDarkest), kBrightest);
  // Lightness is about the cube root of luminance, in which the light is.
  cv::Mat lit;
  cv::pow(light, 1 / 2.2, lit);
  return own * folds + lit * (1 - folds);
}

}  // namespace atelier::edit
