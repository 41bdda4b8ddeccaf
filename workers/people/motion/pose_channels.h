// A body's pose and camera as numbers that can be smoothed and mixed: rotations become unit
// quaternions, of which a linear mean is a rotation again once it has length 1, whichever way and
// however often a person turns.
#pragma once

#include <array>

#include "people/fit/body_fitter.h"
#include "people/fit/parameters.h"

namespace atelier::people {

enum class ChannelKind {
  kScale,     // logarithm of pixels per metre
  kPlace,     // pixels
  kRotation,  // four channels, a unit quaternion
  kAngle,     // radians
};

/// The part of the body whose landmarks tell a group.
enum class ChannelLimb { kTrunk, kHead, kArm, kHand, kLeg, kFoot };

/// Channels `first` up to `first + count() - 1`, made of the parameters of `block`.
struct ChannelGroup {
  int first = 0;
  ParameterBlock block;
  ChannelKind kind = ChannelKind::kAngle;
  ChannelLimb limb = ChannelLimb::kTrunk;
  int side = 0;  // of a limb; 0 = the person's left
  constexpr int count() const { return kind == ChannelKind::kRotation ? 4 : 1; }
};

inline constexpr int kChannelGroupCount = 28;
inline constexpr int kChannelCount = 49;
using ChannelGroups = std::array<ChannelGroup, kChannelGroupCount>;
using PoseChannels = std::array<double, kChannelCount>;

const ChannelGroups& AllChannelGroups();

/// Of the root: its whole rotation, the base included.
PoseChannels ChannelsOf(const FittedBody& body);

/// Turns quaternions of `now` that lie on the other half of their sphere than those of `before`:
/// both halves are the same rotations.
void AlignWith(const PoseChannels& before, PoseChannels& now);

/// `body` in another pose; its shape, lengths and girths stay. Quaternions need not have length 1.
/// The camera stays as many picture heights away.
FittedBody InPoseOfChannels(const FittedBody& body, const PoseChannels& channels);

/// The group's difference: radians for rotations and angles, else the difference itself. REQUIRES:
/// aligned.
double DistanceIn(const ChannelGroup& group, const PoseChannels& a, const PoseChannels& b);

/// From `a` (t = 0) to `b` (t = 1): rotations the shorter way at an even speed, the rest linearly.
PoseChannels Mix(const PoseChannels& a, const PoseChannels& b, double t);

}  // namespace atelier::people
