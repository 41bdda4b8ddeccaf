// A person's colours as a mixture of normal distributions.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

namespace atelier::edit {

inline constexpr size_t kColourCount = 16;
/// One number for every component.
using ColourRow = std::array<float, kColourCount>;

/// Components have diagonal covariances. Labels share them: what a label looks like is how much of
/// each it has.
class ColourMixture {
 public:
  /// By expectation maximisation from some of `colours`; the same colours give the same mixture.
  /// REQUIRES: `colours` is not empty.
  explicit ColourMixture(std::span<const cv::Vec3f> colours);

  /// The logarithm of each component's density at `colour`, less a constant.
  ColourRow LogDensities(const cv::Vec3f& colour) const;
  /// How likely each component made `colour`; they sum to 1.
  ColourRow Responsibilities(const cv::Vec3f& colour) const;
  /// The mean colour of a component.
  const cv::Vec3f& Mean(size_t component) const { return components_[component].mean; }

 private:
  struct Component {
    cv::Vec3f mean, variance;
    float log_weight = 0;
    /// Minus half of the logarithm of the variances' product.
    float log_norm = 0;
  };
  void Maximise(const std::vector<cv::Vec3f>& sample);
  std::array<Component, kColourCount> components_;
};

}  // namespace atelier::edit
