#include "people/motion/pose_channels.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "people/fit/articulated_body.h"

namespace atelier::people {
namespace {

using Eigen::Matrix3d;
using Eigen::Quaterniond;
using Eigen::Vector3d;

/// Metres that the camera stays away at least.
constexpr double kLeastDistance = 3;

constexpr ChannelGroups MakeGroups() {
  ChannelGroups groups{};
  int group = 0, channel = 0;
  const auto add = [&](ParameterBlock block, ChannelKind kind, ChannelLimb limb, int side) {
    ChannelGroup& g = groups[static_cast<size_t>(group++)];
    g = {channel, block, kind, limb, side};
    channel += g.count();
  };
  const auto angles = [&](ParameterBlock block, ChannelLimb limb, int side) {
    for (int k = block.first; k < block.end(); ++k) add({k, 1}, ChannelKind::kAngle, limb, side);
  };
  add({kCameraBlock.first, 1}, ChannelKind::kScale, ChannelLimb::kTrunk, 0);
  add({kCameraBlock.first + 1, 1}, ChannelKind::kPlace, ChannelLimb::kTrunk, 0);
  add({kCameraBlock.first + 2, 1}, ChannelKind::kPlace, ChannelLimb::kTrunk, 0);
  add(kRootBlock, ChannelKind::kRotation, ChannelLimb::kTrunk, 0);
  add(kSpineBlock, ChannelKind::kRotation, ChannelLimb::kTrunk, 0);
  add(kNeckBlock, ChannelKind::kRotation, ChannelLimb::kHead, 0);
  for (int side = 0; side < 2; ++side) {
    const SideBlocks& blocks = kSideBlocks[static_cast<size_t>(side)];
    add(blocks.upper_arm, ChannelKind::kRotation, ChannelLimb::kArm, side);
    add(blocks.thigh, ChannelKind::kRotation, ChannelLimb::kLeg, side);
    angles(blocks.clavicle, ChannelLimb::kTrunk, side);
    angles(blocks.elbow, ChannelLimb::kArm, side);
    angles(blocks.hand, ChannelLimb::kHand, side);
    angles(blocks.knee, ChannelLimb::kLeg, side);
    angles(blocks.foot, ChannelLimb::kFoot, side);
  }
  return groups;
}
constexpr ChannelGroups kGroups = MakeGroups();
static_assert(kGroups.back().first + kGroups.back().count() == kChannelCount);

Matrix3d MatrixOf(const Mat3& m) {
  Matrix3d out;
  for (int i = 0; i < 3; ++i) out.row(i) = ToEigen(m.row[static_cast<size_t>(i)]).transpose();
  return out;
}

Vector3d VectorAt(const BodyParameters& p, const ParameterBlock& block) {
  const auto first = static_cast<size_t>(block.first);
  return {p[first], p[first + 1], p[first + 2]};
}

Quaterniond QuaternionAt(const PoseChannels& channels, const ChannelGroup& group) {
  const auto first = static_cast<size_t>(group.first);
  return Quaterniond(channels[first], channels[first + 1], channels[first + 2], channels[first + 3])
      .normalized();
}

void SetQuaternion(const Quaterniond& q, const ChannelGroup& group, PoseChannels& channels) {
  const auto first = static_cast<size_t>(group.first);
  channels[first] = q.w();
  channels[first + 1] = q.x();
  channels[first + 2] = q.y();
  channels[first + 3] = q.z();
}

/// Of length pi at most.
Vector3d RotationVectorOf(Quaterniond q) {
  if (q.w() < 0) q.coeffs() *= -1;
  const Eigen::AngleAxisd turn(q);
  return turn.axis() * turn.angle();
}

bool IsRoot(const ChannelGroup& group) { return group.block.first == kRootBlock.first; }

}  // namespace

const ChannelGroups& AllChannelGroups() { return kGroups; }

PoseChannels ChannelsOf(const FittedBody& body) {
  PoseChannels channels{};
  const BodyParameters& p = body.parameters;
  for (const ChannelGroup& group : kGroups) {
    if (group.kind != ChannelKind::kRotation) {
      channels[static_cast<size_t>(group.first)] = p[static_cast<size_t>(group.block.first)];
      continue;
    }
    Matrix3d rotation = RotationOf(VectorAt(p, group.block));
    if (IsRoot(group)) rotation *= MatrixOf(body.base);
    SetQuaternion(Quaterniond(rotation), group, channels);
  }
  return channels;
}

void AlignWith(const PoseChannels& before, PoseChannels& now) {
  for (const ChannelGroup& group : kGroups) {
    if (group.kind != ChannelKind::kRotation) continue;
    const auto first = static_cast<size_t>(group.first);
    double dot = 0;
    for (size_t i = first; i < first + 4; ++i) dot += before[i] * now[i];
    if (dot >= 0) continue;
    for (size_t i = first; i < first + 4; ++i) now[i] = -now[i];
  }
}

FittedBody InPoseOfChannels(const FittedBody& body, const PoseChannels& channels) {
  FittedBody out = body;
  for (const ChannelGroup& group : kGroups) {
    const auto to = static_cast<size_t>(group.block.first);
    if (group.kind != ChannelKind::kRotation) {
      out.parameters[to] = channels[static_cast<size_t>(group.first)];
      continue;
    }
    const Quaterniond rotation = QuaternionAt(channels, group);
    Vector3d vector = Vector3d::Zero();
    if (IsRoot(group)) {
      const Matrix3d base = rotation.toRotationMatrix();
      for (int i = 0; i < 3; ++i) out.base.row[static_cast<size_t>(i)] = FromEigen(base.row(i));
    } else {
      vector = RotationVectorOf(rotation);
    }
    for (size_t i = 0; i < 3; ++i) out.parameters[to + i] = vector[static_cast<Eigen::Index>(i)];
  }
  const auto scale = static_cast<size_t>(kCameraBlock.first);
  out.distance = std::max(kLeastDistance,
                          body.distance * std::exp(body.parameters[scale] - out.parameters[scale]));
  return out;
}

double DistanceIn(const ChannelGroup& group, const PoseChannels& a, const PoseChannels& b) {
  if (group.kind == ChannelKind::kRotation) {
    return QuaternionAt(a, group).angularDistance(QuaternionAt(b, group));
  }
  const auto at = static_cast<size_t>(group.first);
  return std::abs(a[at] - b[at]);
}

PoseChannels Mix(const PoseChannels& a, const PoseChannels& b, double t) {
  PoseChannels out{};
  for (const ChannelGroup& group : kGroups) {
    if (group.kind == ChannelKind::kRotation) {
      SetQuaternion(QuaternionAt(a, group).slerp(t, QuaternionAt(b, group)), group, out);
      continue;
    }
    const auto at = static_cast<size_t>(group.first);
    out[at] = a[at] + t * (b[at] - a[at]);
  }
  return out;
}

}  // namespace atelier::people
