#include "training/metrics/fpdm_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace atelier::training {
namespace {

constexpr double kK1 = 0.01, kK2 = 0.03;
constexpr int kUniformWindow = 51, kGaussianWindow = 11;
constexpr double kGaussianSigma = 1.5;

struct Plane {
  int height = 0, width = 0;
  std::vector<double> values;
};

Plane ChannelOf(const Image& image, int channel) {
  Plane plane{image.height, image.width, {}};
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) plane.values.push_back(image.at(y, x)[channel]);
  return plane;
}

Plane Product(const Plane& a, const Plane& b) {
  Plane product = a;
  for (size_t i = 0; i < product.values.size(); ++i) product.values[i] *= b.values[i];
  return product;
}

Plane Transposed(const Plane& plane) {
  Plane out{plane.width, plane.height, std::vector<double>(plane.values.size())};
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x)
      out.values[static_cast<size_t>(x) * plane.height + y] =
          plane.values[static_cast<size_t>(y) * plane.width + x];
  return out;
}

/// Means over the windows that lie inside, along the rows.
Plane FilterRows(const Plane& plane, const std::vector<double>& window) {
  const int size = static_cast<int>(window.size());
  Plane out{plane.height, plane.width - size + 1, {}};
  out.values.reserve(static_cast<size_t>(out.height) * out.width);
  for (int y = 0; y < out.height; ++y) {
    const double* row = plane.values.data() + static_cast<size_t>(y) * plane.width;
    for (int x = 0; x < out.width; ++x) {
      double sum = 0;
      for (int k = 0; k < size; ++k) sum += window[k] * row[x + k];
      out.values.push_back(sum);
    }
  }
  return out;
}

Plane Filter(const Plane& plane, const std::vector<double>& window) {
  return Transposed(FilterRows(Transposed(FilterRows(plane, window)), window));
}

struct SsimRule {
  std::vector<double> window;
  double range = 255;
  /// 1, or n / (n - 1) for the sample covariance of n pixels.
  double covariance_factor = 1;
};

double MeanSsim(const Image& painted, const Image& truth, const SsimRule& rule) {
  const double c1 = std::pow(kK1 * rule.range, 2), c2 = std::pow(kK2 * rule.range, 2);
  double sum = 0;
  size_t count = 0;
  for (int channel = 0; channel < 3; ++channel) {
    const Plane x = ChannelOf(truth, channel), y = ChannelOf(painted, channel);
    const Plane mean_x = Filter(x, rule.window), mean_y = Filter(y, rule.window);
    const Plane xx = Filter(Product(x, x), rule.window), yy = Filter(Product(y, y), rule.window);
    const Plane xy = Filter(Product(x, y), rule.window);
    for (size_t i = 0; i < mean_x.values.size(); ++i) {
      const double mx = mean_x.values[i], my = mean_y.values[i];
      const double variances =
          rule.covariance_factor * (xx.values[i] - mx * mx + yy.values[i] - my * my);
      const double covariance = rule.covariance_factor * (xy.values[i] - mx * my);
      sum += (2 * mx * my + c1) * (2 * covariance + c2) /
             ((mx * mx + my * my + c1) * (variances + c2));
    }
    count += mean_x.values.size();
  }
  return sum / static_cast<double>(count);
}

SsimRule UniformRule() {
  constexpr double kPixels = double{kUniformWindow} * kUniformWindow;
  return {.window = std::vector<double>(kUniformWindow, 1.0 / kUniformWindow),
          .range = 255,
          .covariance_factor = kPixels / (kPixels - 1)};
}

SsimRule GaussianRule(double range) {
  std::vector<double> window;
  double sum = 0;
  for (int i = 0; i < kGaussianWindow; ++i) {
    const double x = i - kGaussianWindow / 2;
    window.push_back(std::exp(-x * x / (2 * kGaussianSigma * kGaussianSigma)));
    sum += window.back();
  }
  for (double& weight : window) weight /= sum;
  return {.window = window, .range = range, .covariance_factor = 1};
}

}  // namespace

FpdmScores ScoreAsFpdm(const Image& painted, const Image& truth) {
  double squares = 0, differences = 0, sum = 0;
  for (size_t i = 0; i < truth.data.size(); ++i) {
    const double difference = static_cast<double>(painted.data[i]) - truth.data[i];
    squares += difference * difference;
    differences += std::abs(difference);
    sum += static_cast<double>(painted.data[i]) + truth.data[i];
  }
  const auto count = static_cast<double>(truth.data.size());
  const auto [least, largest] = std::ranges::minmax(painted.data);
  return {.psnr = 10 * std::log10(255.0 * 255.0 * count / squares),
          .ssim = MeanSsim(painted, truth, UniformRule()),
          .ssim_256 = MeanSsim(painted, truth, GaussianRule(static_cast<double>(largest) - least)),
          .mae = differences / sum,
          .l1 = differences / count / 255};
}

}  // namespace atelier::training
