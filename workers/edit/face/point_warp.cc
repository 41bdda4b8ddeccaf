#include "edit/face/point_warp.h"

#include <cmath>

namespace atelier::edit {
namespace {

float WeightAt(std::span<const float> weights, size_t i) {
  return weights.empty() ? 1 : weights[i];
}

cv::Point2d MeanOf(std::span<const cv::Point2f> points, std::span<const float> weights) {
  cv::Point2d sum(0, 0);
  double total = 1e-12;
  for (size_t i = 0; i < points.size(); ++i) {
    const auto w = static_cast<double>(WeightAt(weights, i));
    sum += cv::Point2d(points[i]) * w;
    total += w;
  }
  return sum / total;
}

float Near(cv::Point2f off, float reach) { return std::exp(-off.dot(off) / (reach * reach)); }

}  // namespace

cv::Point2f PlaneSimilarity::operator()(cv::Point2f p) const {
  const double x = static_cast<double>(p.x), y = static_cast<double>(p.y);
  return {static_cast<float>(a * x - b * y + x0), static_cast<float>(b * x + a * y + y0)};
}

double PlaneSimilarity::scale() const { return std::hypot(a, b); }

PlaneSimilarity PlaneSimilarity::Inverse() const {
  const double n = a * a + b * b;
  const double ia = a / n, ib = -b / n;
  return {ia, ib, -(ia * x0 - ib * y0), -(ib * x0 + ia * y0)};
}

std::optional<PlaneSimilarity> SimilarityOf(std::span<const cv::Point2f> from,
                                            std::span<const cv::Point2f> to,
                                            std::span<const float> weights) {
  const cv::Point2d from_mean = MeanOf(from, weights), to_mean = MeanOf(to, weights);
  double dot = 0, cross = 0, square = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const auto w = static_cast<double>(WeightAt(weights, i));
    const cv::Point2d p = cv::Point2d(from[i]) - from_mean, q = cv::Point2d(to[i]) - to_mean;
    dot += w * p.dot(q);
    cross += w * p.cross(q);
    square += w * p.dot(p);
  }
  if (square < 1e-6 || std::hypot(dot, cross) < 1e-6) return std::nullopt;
  PlaneSimilarity out{dot / square, cross / square, 0, 0};
  out.x0 = to_mean.x - (out.a * from_mean.x - out.b * from_mean.y);
  out.y0 = to_mean.y - (out.b * from_mean.x + out.a * from_mean.y);
  return out;
}

double ResidualOf(const PlaneSimilarity& similarity, std::span<const cv::Point2f> from,
                  std::span<const cv::Point2f> to, std::span<const float> weights) {
  double sum = 0, total = 1e-12;
  for (size_t i = 0; i < from.size(); ++i) {
    const auto w = static_cast<double>(WeightAt(weights, i));
    const cv::Point2d off = cv::Point2d(similarity(from[i]) - to[i]);
    sum += w * off.dot(off);
    total += w;
  }
  return std::sqrt(sum / total);
}

std::optional<PointWarp> PointWarp::Between(std::span<const cv::Point2f> from,
                                            std::span<const cv::Point2f> to) {
  const std::optional<PlaneSimilarity> similarity = SimilarityOf(from, to);
  if (!similarity) return std::nullopt;
  PointWarp warp;
  warp.similarity_ = *similarity;
  warp.centres_.assign(from.begin(), from.end());
  const auto count = static_cast<int>(from.size());
  const cv::Point2d mean = MeanOf(from, {});
  double spread = 0;
  for (const cv::Point2f& p : from) spread += cv::norm(cv::Point2d(p) - mean) / count;
  warp.reach_ = static_cast<float>(1.2 * spread);
  cv::Mat near(count, count, CV_64F), left(count, 2, CV_64F), solved;
  for (int i = 0; i < count; ++i) {
    const auto row = static_cast<size_t>(i);
    for (int k = 0; k < count; ++k) {
      const cv::Point2f off = from[row] - from[static_cast<size_t>(k)];
      near.at<double>(i, k) = static_cast<double>(Near(off, warp.reach_));
    }
    const cv::Point2f miss = to[row] - (*similarity)(from[row]);
    left.at<double>(i, 0) = static_cast<double>(miss.x);
    left.at<double>(i, 1) = static_cast<double>(miss.y);
  }
  cv::solve(near, left, solved, cv::DECOMP_SVD);
  for (int i = 0; i < count; ++i) {
    warp.weights_.emplace_back(static_cast<float>(solved.at<double>(i, 0)),
                               static_cast<float>(solved.at<double>(i, 1)));
  }
  return warp;
}

cv::Point2f PointWarp::operator()(cv::Point2f p) const {
  cv::Point2f out = similarity_(p);
  for (size_t i = 0; i < centres_.size(); ++i) {
    out += weights_[i] * Near(p - centres_[i], reach_);
  }
  return out;
}

}  // namespace atelier::edit
