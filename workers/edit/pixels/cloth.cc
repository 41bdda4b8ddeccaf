#include "edit/pixels/cloth.h"

#include <algorithm>
#include <array>
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

/// Hues of cloth, in usual light, where it is as dark or bright as the tenths of it.
struct HueByLightness {
  static constexpr size_t kBins = 8;
  std::array<cv::Vec2f, kBins> median{};
  /// Of what the hues differ from these by: the range of eight tenths of them, both added.
  float off = 0;
};

HueByLightness HuesByLightness(const cv::Mat& given, const cv::Mat& usual_light,
                               const cv::Mat& alpha) {
  constexpr float kTail = .1f;
  const float least = SureAlpha(alpha);
  struct Pixel {
    float lightness;
    cv::Vec2f hue;
  };
  std::vector<Pixel> pixels;
  for (int y = 0; y < given.rows; ++y) {
    for (int x = 0; x < given.cols; ++x) {
      if (alpha.at<float>(y, x) <= least) continue;
      const auto& lab = usual_light.at<cv::Vec3f>(y, x);
      pixels.push_back({given.at<cv::Vec3f>(y, x)[0], {lab[1], lab[2]}});
    }
  }
  HueByLightness out;
  if (pixels.size() < HueByLightness::kBins) return out;
  std::ranges::sort(pixels, {}, &Pixel::lightness);
  std::array<std::vector<float>, 2> off;
  for (size_t bin = 0; bin < HueByLightness::kBins; ++bin) {
    const size_t first = bin * pixels.size() / HueByLightness::kBins;
    const size_t last = (bin + 1) * pixels.size() / HueByLightness::kBins;
    for (int c = 0; c < 2; ++c) {
      std::vector<float> values;
      for (size_t k = first; k < last; ++k) values.push_back(pixels[k].hue[c]);
      out.median[bin][c] = MedianOf(values);
      for (const float value : values) {
        off[static_cast<size_t>(c)].push_back(value - out.median[bin][c]);
      }
    }
  }
  for (std::vector<float>& values : off) {
    std::ranges::sort(values);
    const auto at = [&](float share) {
      return values[static_cast<size_t>(share * static_cast<float>(values.size() - 1))];
    };
    out.off += at(1 - kTail) - at(kTail);
  }
  return out;
}

/// How bright a pixel of cloth is, 1 = as usual, where a strong colour clips some of its channels:
/// read from the others. Empty where none is clipped, or all are.
cv::Mat UnclippedBrightness(const cv::Mat& cloth, const cv::Mat& alpha, double share) {
  constexpr float kDark = 25, kBright = 240;
  std::array<float, 3> usual{};
  int open = 0;
  for (int c = 0; c < 3; ++c) {
    usual[static_cast<size_t>(c)] = PercentileWhere(cloth, c, alpha, share);
    open += usual[static_cast<size_t>(c)] > kDark && usual[static_cast<size_t>(c)] < kBright;
  }
  if (open == 0 || open == 3) return {};
  cv::Mat sum(cloth.size(), CV_32F, cv::Scalar(0)), channel;
  float total = 0;
  for (int c = 0; c < 3; ++c) {
    const float of_channel = usual[static_cast<size_t>(c)];
    if (of_channel <= kDark || of_channel >= kBright) continue;
    cv::extractChannel(cloth, channel, c);
    sum += channel;
    total += of_channel;
  }
  return sum / total;
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

float PatternedShare(const cv::Mat& given, const cv::Mat& alpha) {
  constexpr float kPlainHue = 6, kPatternedHue = 16;
  // Strong colours vary by more, and pictures clip them.
  constexpr float kPlainOfChroma = .15f, kPatternedOfChroma = .4f;
  constexpr float kPalest = .5f, kTurned = .7f;
  constexpr float kPlainRange = .55f, kPatternedRange = 1.1f;
  const float usual = PercentileWhere(given, 0, alpha, .5);
  const cv::Mat lab = HuesInUsualLight(given, usual);
  const float lightness =
      (PercentileWhere(given, 0, alpha, .9) - PercentileWhere(given, 0, alpha, .1)) /
      std::max(20.0f, usual);
  const cv::Vec2f middle(PercentileWhere(lab, 1, alpha, .5), PercentileWhere(lab, 2, alpha, .5));
  const auto chroma = static_cast<float>(cv::norm(middle));
  const HueByLightness hues = HuesByLightness(given, lab, alpha);
  // From dark to bright a hue may turn a little, and dark cloth be the more colourful; white or
  // another hue is a pattern.
  const cv::Vec2f towards = middle / std::max(chroma, 1e-3f);
  float most = 0;
  for (const cv::Vec2f& hue : hues.median) {
    const float along = hue.dot(towards);
    const float across = std::fabs(hue[0] * towards[1] - hue[1] * towards[0]);
    most = std::max(most, std::max(0.0f, kPalest * chroma - along) +
                              std::max(0.0f, across - kTurned * std::max(0.0f, along)));
  }
  const float hue = hues.off + most;
  return std::max(Ramp(hue, std::max(kPlainHue, kPlainOfChroma * chroma),
                       std::max(kPatternedHue, kPatternedOfChroma * chroma)),
                  Ramp(lightness, kPlainRange, kPatternedRange));
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
  cv::Mat own = UnclippedBrightness(cloth, alpha, kUsual);
  if (own.empty()) {
    own = lightness / std::max(usual, 5.0f);
    cv::pow(own, kSteeper, own);
  }
  own = Blurred(own, sigma);
  own = cv::min(cv::max(own, kDarkest), kBrightest);
  // Lightness is about the cube root of luminance, in which the light is.
  cv::Mat lit;
  cv::pow(light, 1 / 2.2, lit);
  return own * folds + lit * (1 - folds);
}

}  // namespace atelier::edit
