#include "edit/pixels/colour_mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace atelier::edit {
namespace {

constexpr size_t kSampleSize = 3500;
constexpr int kRounds = 12;
constexpr uint64_t kSeed = 1;
/// Components start wide and never become narrower than noise and shading make them.
constexpr float kFirstVariance = 60, kLeastVariance = 8;

std::vector<cv::Vec3f> SampleOf(std::span<const cv::Vec3f> colours) {
  if (colours.size() <= kSampleSize) return {colours.begin(), colours.end()};
  std::vector<cv::Vec3f> sample;
  Random random(kSeed);
  for (size_t i = 0; i < kSampleSize; ++i) {
    // One of each stretch of pixels: the whole picture has its share.
    const size_t first = i * colours.size() / kSampleSize;
    const size_t last = (i + 1) * colours.size() / kSampleSize;
    sample.push_back(
        colours[first + static_cast<size_t>(random.Index(static_cast<int>(last - first)))]);
  }
  return sample;
}

float LogNorm(const cv::Vec3f& variance) {
  return -.5f * (std::log(variance[0]) + std::log(variance[1]) + std::log(variance[2]));
}

/// k-means++: each is likelier to be drawn the further it is from those before it.
std::vector<cv::Vec3f> FirstMeans(const std::vector<cv::Vec3f>& sample) {
  Random random(kSeed);
  std::vector<cv::Vec3f> means = {
      sample[static_cast<size_t>(random.Index(static_cast<int>(sample.size())))]};
  std::vector<double> distance(sample.size(), std::numeric_limits<double>::infinity());
  while (means.size() < kColourCount) {
    double sum = 0;
    for (size_t i = 0; i < sample.size(); ++i) {
      const cv::Vec3d off = sample[i] - means.back();
      sum += distance[i] = std::min(distance[i], off.dot(off));
    }
    double left = random.Uniform() * sum;
    size_t chosen = 0;
    while (chosen + 1 < sample.size() && left >= distance[chosen]) left -= distance[chosen++];
    means.push_back(sample[chosen]);
  }
  return means;
}

}  // namespace

ColourMixture::ColourMixture(std::span<const cv::Vec3f> colours) {
  const std::vector<cv::Vec3f> sample = SampleOf(colours);
  const std::vector<cv::Vec3f> means = FirstMeans(sample);
  for (size_t k = 0; k < kColourCount; ++k) {
    Component& component = components_[k];
    component.mean = means[k];
    component.variance = cv::Vec3f::all(kFirstVariance);
    component.log_weight = -std::log(static_cast<float>(kColourCount));
    component.log_norm = LogNorm(component.variance);
  }
  for (int round = 0; round < kRounds; ++round) Maximise(sample);
}

void ColourMixture::Maximise(const std::vector<cv::Vec3f>& sample) {
  std::array<double, kColourCount> weight{};
  std::array<cv::Vec3d, kColourCount> sum, square;
  for (const cv::Vec3f& colour : sample) {
    const ColourRow shares = Responsibilities(colour);
    const cv::Vec3d value = colour;
    for (size_t k = 0; k < kColourCount; ++k) {
      const auto share = static_cast<double>(shares[k]);
      weight[k] += share;
      sum[k] += value * share;
      square[k] += value.mul(value) * share;
    }
  }
  for (size_t k = 0; k < kColourCount; ++k) {
    const double total = weight[k] + 1e-6;
    Component& component = components_[k];
    const cv::Vec3d mean = sum[k] / total;
    component.mean = mean;
    for (int c = 0; c < 3; ++c) {
      const double spread = std::max(0.0, square[k][c] / total - mean[c] * mean[c]);
      component.variance[c] = static_cast<float>(spread) + kLeastVariance;
    }
    component.log_weight =
        static_cast<float>(std::log(total / static_cast<double>(sample.size()) + 1e-9));
    component.log_norm = LogNorm(component.variance);
  }
}

ColourRow ColourMixture::LogDensities(const cv::Vec3f& colour) const {
  ColourRow out;
  for (size_t k = 0; k < kColourCount; ++k) {
    const Component& component = components_[k];
    const cv::Vec3f off = colour - component.mean;
    float distance = 0;
    for (int c = 0; c < 3; ++c) distance += off[c] * off[c] / component.variance[c];
    out[k] = component.log_norm - .5f * distance;
  }
  return out;
}

ColourRow ColourMixture::Responsibilities(const cv::Vec3f& colour) const {
  ColourRow out = LogDensities(colour);
  for (size_t k = 0; k < kColourCount; ++k) out[k] += components_[k].log_weight;
  const float most = *std::max_element(out.begin(), out.end());
  float sum = 0;
  for (float& value : out) sum += value = std::exp(value - most);
  for (float& value : out) value /= sum;
  return out;
}

}  // namespace atelier::edit
