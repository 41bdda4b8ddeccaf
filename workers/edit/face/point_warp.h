// A smooth map of the plane that takes given points exactly to given others.
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <vector>

namespace atelier::edit {

/// x' = a x - b y + x0, y' = b x + a y + y0.
struct PlaneSimilarity {
  double a = 1, b = 0, x0 = 0, y0 = 0;

  cv::Point2f operator()(cv::Point2f p) const;
  double scale() const;
  PlaneSimilarity Inverse() const;
  /// As cv::warpAffine takes it: [2, 3].
  cv::Matx23d matrix() const { return {a, -b, x0, b, a, y0}; }
};

/// The turn, scale and shift that bring `from` nearest to `to` by the sum of squares, each pair
/// counting by its weight (no weights: all alike). Empty when all of `from` fall together.
std::optional<PlaneSimilarity> SimilarityOf(std::span<const cv::Point2f> from,
                                            std::span<const cv::Point2f> to,
                                            std::span<const float> weights = {});

/// Root mean square distance that is left after `similarity`.
double ResidualOf(const PlaneSimilarity& similarity, std::span<const cv::Point2f> from,
                  std::span<const cv::Point2f> to, std::span<const float> weights = {});

/// The similarity, and what it leaves undone at the points, less and less away from them.
class PointWarp {
 public:
  /// Empty when all of `from` fall together. REQUIRES: as many points in both.
  static std::optional<PointWarp> Between(std::span<const cv::Point2f> from,
                                          std::span<const cv::Point2f> to);

  cv::Point2f operator()(cv::Point2f p) const;

 private:
  PlaneSimilarity similarity_;
  std::vector<cv::Point2f> centres_;
  std::vector<cv::Point2f> weights_;
  /// Pixels from a point at which its remainder counts e^-1.
  float reach_ = 1;
};

}  // namespace atelier::edit
