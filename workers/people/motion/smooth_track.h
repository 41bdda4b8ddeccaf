// A track of numbers over time, smoothed: the Rauch-Tung-Striebel smoother of a point that moves at
// a speed which changes by white noise. It looks at what comes before and after, so it does not
// lag, and goes on evenly where nothing was measured. Single wild measurements are recognised by
// how far they lie beside the smoothed track, and count the less.
#pragma once

#include <vector>

namespace atelier::people {

struct SmoothingOptions {
  double seconds_per_frame = .04;
  /// Standard deviation of a measurement of weight 1.
  double deviation = .05;
  /// How fast the speed may change: standard deviation after one second, per second.
  double agility = 5;
};

/// One frame's measurement: `values`, one for each channel of the track, which are judged together.
struct TrackPoint {
  std::vector<double> values;
  /// Of the measurement, 0..1; 0 = there is none, and `values` is not read.
  double weight = 1;
};

/// The smoothed values of every frame. REQUIRES: all points of weight above 0 have as many values,
/// and there is one.
std::vector<std::vector<double>> SmoothTrack(const std::vector<TrackPoint>& points,
                                             const SmoothingOptions& options);

}  // namespace atelier::people
