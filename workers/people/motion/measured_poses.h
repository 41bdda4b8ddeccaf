// From fits of single frames to a Motion: jumps told from movements, gaps bridged, poses smoothed.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "people/fit/observation.h"
#include "people/motion/motion.h"
#include "people/motion/pose_channels.h"

namespace atelier::people {

inline constexpr int kChannelLimbCount = 6;

/// How well each limb was seen, 0..1, by ChannelLimb and side.
using LimbTrust = std::array<std::array<double, 2>, kChannelLimbCount>;

LimbTrust TrustOf(const PersonObservation& observation);
LimbTrust FullTrust();

struct MeasuredPose {
  FittedBody body;
  LimbTrust trust = FullTrust();
};

/// One a frame; nothing = nobody was seen, or nothing fits.
using MeasuredPoses = std::vector<std::optional<MeasuredPose>>;

/// Takes away poses of one to three frames in a row that nobody could have come to and back from,
/// and adds to `cuts`, ascending, the frames from which on the person is somewhere else.
void FindJumps(const BodyFitter& fitter, const MotionOptions& options, MeasuredPoses& poses,
               std::vector<int>& cuts);

/// REQUIRES: all bodies have one shape, and there is one.
Motion MakeMotion(const MeasuredPoses& poses, std::vector<int> cuts, const MotionOptions& options);

}  // namespace atelier::people
