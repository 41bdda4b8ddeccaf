// Motion: one person's body, frame after frame.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "people/fit/body_fitter.h"

namespace atelier::people {

enum class FrameState {
  kFitted,
  /// Nobody was seen, or what was seen was misread: the pose is what the frames around it make
  /// likely.
  kBridged,
  /// Nobody was seen for longer than is bridged, or at the edge of a shot.
  kNobody,
};

struct MotionFrame {
  FrameState state = FrameState::kNobody;
  /// In pixels of the film's pictures. Nothing when kNobody.
  std::optional<FittedBody> body;
};

struct Motion {
  /// All bodies have the same shape, lengths and girths.
  std::vector<MotionFrame> frames;
  /// First frames of all shots but the first, ascending.
  std::vector<int> cuts;

  /// Numbers of the frames of a state, ascending.
  std::vector<int> Of(FrameState state) const;
};

struct MotionOptions {
  double frames_per_second = 25;
  /// Of the fits that the body is pooled from.
  FitOptions fit;
  bool smooth = true;
  /// Seconds without a person that are bridged, at most.
  double longest_bridge = .4;
};

/// The body that most of `fits` agree on: the median of each number of shape, lengths and girths.
/// Pose and camera are the first one's. REQUIRES: not empty.
FittedBody PooledBody(std::span<const FittedBody> fits);

/// A film of which every frame was fitted by itself: pools the body and smooths the poses. A
/// little worse than FilmFitter, which fits the poses anew with the pooled body. `cuts`: those that
/// are known; jumps of the body are found here. REQUIRES: there is a fit.
Motion SteadyMotion(const BodyFitter& fitter, std::span<const std::optional<FittedBody>> fits,
                    std::vector<int> cuts, const MotionOptions& options);

}  // namespace atelier::people
