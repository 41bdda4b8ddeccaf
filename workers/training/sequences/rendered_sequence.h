// Rendered motions of which everything is known: pictures, IUVs, true flow, hands. A fixed list of
// people and motions that no network was trained on.
#pragma once

#include <array>
#include <vector>

#include "people/pose/pose_motion.h"
#include "people/render/flow.h"
#include "people/render/hands.h"
#include "training/data/pairs.h"

namespace atelier::training {

/// People of sequences have this seed and their sequence's number.
inline constexpr uint64_t kSequenceIdentity = kHeldOutIdentity + 400'000;
static_assert(kSequenceIdentity > kHeldOutIdentity);

struct SequenceOptions {
  PairOptions picture;
  int frames = 48;
  double frames_per_second = 25;
};

/// The person, and where they are in each frame.
struct SequenceScene {
  int index = 0;
  people::MotionKind kind = people::MotionKind::kWalk;
  people::Person person;
  people::Pose source_pose;
  people::View source_view;
  std::vector<people::StagedPose> frames;
};

/// Number `index` of the list; every kind of motion in turn.
SequenceScene SceneOf(const people::Body& body, int index, const SequenceOptions& options);

/// The pictures of a scene's frames, `scale` times as large as the options say. IUV and keypoints
/// come along.
std::vector<people::Rendering> RenderFrames(const people::Body& body, const SequenceScene& scene,
                                            const SequenceOptions& options, int scale = 1);

using Hands = std::array<people::HandPlace, 2>;

struct RenderedSequence {
  people::Rendering source;
  engine::TextureMap texture;
  /// Square crop of the source's face; empty when the face is not seen.
  Image face;
  std::vector<people::Rendering> frames;
  /// From each frame to the next: one fewer than frames.
  std::vector<people::Flow> flows;
  std::vector<Hands> hands;
};

RenderedSequence RenderSequence(const people::Body& body, const SequenceScene& scene,
                                const SequenceOptions& options);

}  // namespace atelier::training
