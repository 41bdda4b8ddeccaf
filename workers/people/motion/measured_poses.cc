#include "people/motion/measured_poses.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "people/fit/landmark_points.h"
#include "people/motion/smooth_track.h"

namespace atelier::people {
namespace {

/// What a person may do between two frames: move, grow and turn. Metres, a factor's logarithm and
/// radians per second; and for films of many frames per second, at least so much in all.
struct Agility {
  double fastest;
  double least;
  double Most(double seconds) const { return std::max(least, fastest * seconds); }
};
constexpr Agility kMoving{12, .33}, kGrowing{4, .2};
constexpr Agility kTurning{25, 1};
/// Frames in a row that may be misread.
constexpr int kMostMisread = 3;
/// Frames apart that are compared at all.
constexpr int kMostApart = 6;
constexpr double kLeastTrust = .1;

/// How well a single frame's fit knows a group, and how fast its speed changes: radians, metres,
/// logarithms. Measured on rendered films (docs/sequences.md).
struct GroupNoise {
  double deviation;
  double agility;
};

GroupNoise NoiseOf(const ChannelGroup& group) {
  if (group.kind == ChannelKind::kScale) return {.02, .15};
  if (group.kind == ChannelKind::kPlace) return {.012, 1};
  switch (group.limb) {
    case ChannelLimb::kTrunk:
      return group.block.first == kRootBlock.first ? GroupNoise{.08, 6} : GroupNoise{.08, 3.5};
    case ChannelLimb::kHead:
      return {.12, 2};
    case ChannelLimb::kArm:
      return {.12, 7.5};
    case ChannelLimb::kHand:
      return {.2, 3};
    case ChannelLimb::kLeg:
      return {.1, 7.5};
    case ChannelLimb::kFoot:
      return {.15, 4};
  }
  return {.1, 5};
}

double ScaleOf(const FittedBody& body) {
  return std::exp(body.parameters[static_cast<size_t>(kCameraBlock.first)]);
}

/// Where a person is: the middles of shoulders and hips in pixels.
struct TrunkPlace {
  std::array<double, 4> pixels{};
  double scale = 1;  // pixels per metre
  PoseChannels channels{};
};

TrunkPlace PlaceOf(const BodyFitter& fitter, const FittedBody& body) {
  const std::vector<Vec3> joints = fitter.Joints(body);
  const Bones& bones = fitter.body().bones();
  const PictureCamera camera{body.parameters[kCameraBlock.first + 1],
                             body.parameters[kCameraBlock.first + 2], ScaleOf(body), body.distance};
  TrunkPlace place;
  size_t at = 0;
  for (const auto& pair : {bones.upper_arm, bones.thigh}) {
    const ScreenPoint middle = camera.Project(
        (joints[static_cast<size_t>(pair[0])] + joints[static_cast<size_t>(pair[1])]) * .5f);
    place.pixels[at++] = static_cast<double>(middle.x);
    place.pixels[at++] = static_cast<double>(middle.y);
  }
  place.scale = ScaleOf(body);
  place.channels = ChannelsOf(body);
  return place;
}

bool Jumps(const TrunkPlace& a, const TrunkPlace& b, int apart, double frames_per_second) {
  if (apart > kMostApart) return false;
  double moved = 0;
  for (size_t i = 0; i < a.pixels.size(); i += 2) {
    moved =
        std::max(moved, std::hypot(a.pixels[i] - b.pixels[i], a.pixels[i + 1] - b.pixels[i + 1]));
  }
  moved /= std::min(a.scale, b.scale);
  const auto& groups = AllChannelGroups();
  const auto root = std::find_if(groups.begin(), groups.end(), [](const ChannelGroup& group) {
    return group.block.first == kRootBlock.first;
  });
  const double grown = std::abs(std::log(a.scale / b.scale));
  const double turned = DistanceIn(*root, a.channels, b.channels);
  const double seconds = apart / frames_per_second;
  return moved / kMoving.Most(seconds) + grown / kGrowing.Most(seconds) +
             turned / kTurning.Most(seconds) >
         1;
}

double TrustIn(const MeasuredPose& pose, const ChannelGroup& group) {
  return pose.trust[static_cast<size_t>(group.limb)][static_cast<size_t>(group.side)];
}

/// Frames `first` up to `last`, both of them measured: smooth poses of all.
std::vector<PoseChannels> SmoothStretch(const MeasuredPoses& poses, int first, int last,
                                        const MotionOptions& options) {
  const auto count = static_cast<size_t>(last - first + 1);
  std::vector<PoseChannels> measured(count);
  PoseChannels before = ChannelsOf(poses[static_cast<size_t>(first)]->body);
  double metre = 0, seen = 0;
  for (size_t t = 0; t < count; ++t) {
    const auto& pose = poses[static_cast<size_t>(first) + t];
    if (!pose) continue;
    measured[t] = ChannelsOf(pose->body);
    AlignWith(before, measured[t]);
    before = measured[t];
    metre += ScaleOf(pose->body);
    ++seen;
  }
  metre /= seen;
  std::vector<PoseChannels> out(count);
  for (const ChannelGroup& group : AllChannelGroups()) {
    std::vector<TrackPoint> track(count);
    for (size_t t = 0; t < count; ++t) {
      const auto& pose = poses[static_cast<size_t>(first) + t];
      track[t].weight = pose ? TrustIn(*pose, group) : 0;
      if (!pose) continue;
      const auto from = measured[t].begin() + group.first;
      track[t].values.assign(from, from + group.count());
    }
    const GroupNoise noise = NoiseOf(group);
    // A quaternion turns by half of its rotation's angle; places are in pixels.
    const double unit = group.kind == ChannelKind::kRotation ? .5
                        : group.kind == ChannelKind::kPlace  ? metre
                                                             : 1;
    const auto smooth = SmoothTrack(track, {.seconds_per_frame = 1 / options.frames_per_second,
                                            .deviation = noise.deviation * unit,
                                            .agility = noise.agility * unit});
    for (size_t t = 0; t < count; ++t) {
      std::copy(smooth[t].begin(), smooth[t].end(), out[t].begin() + group.first);
    }
  }
  return out;
}

}  // namespace

LimbTrust FullTrust() {
  LimbTrust trust;
  for (auto& limb : trust) limb.fill(1);
  return trust;
}

LimbTrust TrustOf(const PersonObservation& observation) {
  const auto mean = [&](std::initializer_list<int> landmarks) {
    double sum = 0;
    for (const int i : landmarks) {
      sum += std::clamp<double>(observation.landmarks[static_cast<size_t>(i)].visibility,
                                kLeastTrust, 1);
    }
    return sum / static_cast<double>(landmarks.size());
  };
  LimbTrust trust = FullTrust();
  const auto of = [&](ChannelLimb limb) -> std::array<double, 2>& {
    return trust[static_cast<size_t>(limb)];
  };
  of(ChannelLimb::kHead).fill(mean({kBlazeNose, kBlazeLeftEar, kBlazeRightEar}));
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<size_t>(side);
    of(ChannelLimb::kArm)[s] = mean({kBlazeLeftElbow + side, kBlazeLeftWrist + side});
    of(ChannelLimb::kHand)[s] = mean({kBlazeLeftWrist + side, kBlazeLeftIndex + side});
    of(ChannelLimb::kLeg)[s] = mean({kBlazeLeftKnee + side, kBlazeLeftAnkle + side});
    of(ChannelLimb::kFoot)[s] = mean({kBlazeLeftAnkle + side, kBlazeLeftToes + side});
  }
  return trust;
}

void FindJumps(const BodyFitter& fitter, const MotionOptions& options, MeasuredPoses& poses,
               std::vector<int>& cuts) {
  const int count = static_cast<int>(poses.size());
  std::vector<std::optional<TrunkPlace>> places(poses.size());
  for (size_t t = 0; t < poses.size(); ++t) {
    if (poses[t]) places[t] = PlaceOf(fitter, poses[t]->body);
  }
  const auto jumps = [&](int from, int to, int apart) {
    return Jumps(*places[static_cast<size_t>(from)], *places[static_cast<size_t>(to)], apart,
                 options.frames_per_second);
  };
  const auto seen = [&](int t) { return t < count && places[static_cast<size_t>(t)].has_value(); };
  std::vector<int> found;
  int before = -1;
  for (int t = 0; t < count; ++t) {
    if (std::binary_search(cuts.begin(), cuts.end(), t)) before = -1;
    if (!seen(t)) continue;
    if (before >= 0 && jumps(before, t, t - before)) {
      int back = 0;
      for (int later = t + 1; later <= t + kMostMisread && back == 0; ++later) {
        if (std::binary_search(cuts.begin(), cuts.end(), later)) break;
        // Back where they were: not merely where they could have come to meanwhile.
        if (seen(later) && !jumps(before, later, 1)) back = later;
      }
      if (back == 0) {
        found.push_back(t);
      } else {
        for (; t < back; ++t) poses[static_cast<size_t>(t)].reset();
      }
    }
    before = t;
  }
  cuts.insert(cuts.end(), found.begin(), found.end());
  std::sort(cuts.begin(), cuts.end());
}

Motion MakeMotion(const MeasuredPoses& poses, std::vector<int> cuts, const MotionOptions& options) {
  const int count = static_cast<int>(poses.size());
  Motion motion;
  motion.frames.resize(poses.size());
  const int bridge = static_cast<int>(options.longest_bridge * options.frames_per_second);
  int first = -1, last = -1;  // of the stretch so far: measured frames
  const auto finish = [&] {
    if (first < 0) return;
    const std::vector<PoseChannels> smooth = SmoothStretch(poses, first, last, options);
    const FittedBody& body = poses[static_cast<size_t>(first)]->body;
    for (int t = first; t <= last; ++t) {
      const auto& pose = poses[static_cast<size_t>(t)];
      const PoseChannels& channels = smooth[static_cast<size_t>(t - first)];
      motion.frames[static_cast<size_t>(t)] = {
          pose ? FrameState::kFitted : FrameState::kBridged,
          InPoseOfChannels(body, pose && !options.smooth ? ChannelsOf(pose->body) : channels)};
    }
    first = -1;
  };
  for (int t = 0; t < count; ++t) {
    if (std::binary_search(cuts.begin(), cuts.end(), t)) finish();
    if (!poses[static_cast<size_t>(t)]) continue;
    if (first >= 0 && t - last - 1 > bridge) finish();
    if (first < 0) first = t;
    last = t;
  }
  finish();
  motion.cuts = std::move(cuts);
  return motion;
}

}  // namespace atelier::people
