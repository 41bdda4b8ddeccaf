#include "people/motion/smooth_track.h"

#include <Eigen/Core>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace atelier::people {
namespace {

using Eigen::Matrix2d;
using Eigen::Vector2d;

/// Times that weights are found anew from the smoothed track.
constexpr int kRounds = 4;
/// Deviations beside the track from which on a measurement counts less.
constexpr double kOutlierFrom = 2.5;
/// A measurement of less weight is as good as none.
constexpr double kLeastWeight = 1e-4;
/// Variance of place and speed before anything was measured, in those of a measurement.
constexpr double kUnknown = 1e6;

/// Place and speed, and how sure they are. Variances are the same for all channels of a track.
struct State {
  std::vector<Vector2d> means;
  Matrix2d variance = Matrix2d::Zero();
};

struct Model {
  Matrix2d step, noise;

  explicit Model(const SmoothingOptions& options) {
    const double dt = options.seconds_per_frame;
    const double q = options.agility * options.agility;
    step << 1, dt, 0, 1;
    noise << dt * dt * dt / 3, dt * dt / 2, dt * dt / 2, dt;
    noise *= q;
  }
};

void Measure(const std::vector<double>& values, double variance, State& state) {
  const Vector2d gain = state.variance.col(0) / (state.variance(0, 0) + variance);
  for (size_t c = 0; c < values.size(); ++c) {
    state.means[c] += gain * (values[c] - state.means[c].x());
  }
  Matrix2d keep = Matrix2d::Identity();
  keep.col(0) -= gain;
  // Joseph's form, which stays positive definite.
  state.variance = keep * state.variance * keep.transpose() + gain * gain.transpose() * variance;
}

std::vector<std::vector<double>> Smooth(const std::vector<TrackPoint>& points,
                                        const std::vector<double>& weights, const Model& model,
                                        double deviation) {
  const size_t count = points.size();
  std::vector<State> before(count), after(count);  // the frame's own measurement
  const size_t first = static_cast<size_t>(
      std::find_if(points.begin(), points.end(), [](const TrackPoint& p) { return p.weight > 0; }) -
      points.begin());
  const double variance = deviation * deviation;
  State state;
  for (const double value : points[first].values) state.means.emplace_back(value, 0);
  state.variance = Matrix2d::Identity() * (kUnknown * variance);
  for (size_t t = 0; t < count; ++t) {
    if (t > 0) {
      for (Vector2d& mean : state.means) mean = model.step * mean;
      state.variance = model.step * state.variance * model.step.transpose() + model.noise;
    }
    before[t] = state;
    const double weight = points[t].weight * weights[t];
    if (weight > kLeastWeight) Measure(points[t].values, variance / weight, state);
    after[t] = state;
  }
  std::vector<std::vector<double>> out(count);
  State later = after.back();
  for (size_t t = count; t-- > 0;) {
    State now = after[t];
    if (t + 1 < count) {
      const Matrix2d gain =
          now.variance * model.step.transpose() * before[t + 1].variance.inverse();
      for (size_t c = 0; c < now.means.size(); ++c) {
        now.means[c] += gain * (later.means[c] - before[t + 1].means[c]);
      }
      now.variance += gain * (later.variance - before[t + 1].variance) * gain.transpose();
    }
    for (const Vector2d& mean : now.means) out[t].push_back(mean.x());
    later = std::move(now);
  }
  return out;
}

double Distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

}  // namespace

std::vector<std::vector<double>> SmoothTrack(const std::vector<TrackPoint>& points,
                                             const SmoothingOptions& options) {
  const Model model(options);
  std::vector<double> weights(points.size(), 1);
  std::vector<std::vector<double>> smooth;
  for (int round = 0; round < kRounds; ++round) {
    smooth = Smooth(points, weights, model, options.deviation);
    for (size_t t = 0; t < points.size(); ++t) {
      if (points[t].weight <= 0) continue;
      const double off = Distance(points[t].values, smooth[t]) * std::sqrt(points[t].weight) /
                         (kOutlierFrom * options.deviation);
      weights[t] = 1 / (1 + off * off * off * off);
    }
  }
  return smooth;
}

}  // namespace atelier::people
