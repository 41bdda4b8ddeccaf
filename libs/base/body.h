// The one list of body parts and keypoints that every process of Atelier speaks of.
#pragma once

#include <array>
#include <string_view>

namespace atelier {

inline constexpr int kBodyPartCount = 24;

/// The 24 DensePose parts; the number is the I of an IUV picture. Left and right are the person's.
enum class BodyPart : int {
  kBackground = 0,
  kTorsoBack = 1,
  kTorsoFront = 2,
  kRightHand = 3,
  kLeftHand = 4,
  kLeftFoot = 5,
  kRightFoot = 6,
  kRightUpperLegBack = 7,
  kLeftUpperLegBack = 8,
  kRightUpperLegFront = 9,
  kLeftUpperLegFront = 10,
  kRightLowerLegBack = 11,
  kLeftLowerLegBack = 12,
  kRightLowerLegFront = 13,
  kLeftLowerLegFront = 14,
  kLeftUpperArmFront = 15,
  kRightUpperArmFront = 16,
  kLeftUpperArmBack = 17,
  kRightUpperArmBack = 18,
  kLeftLowerArmFront = 19,
  kRightLowerArmFront = 20,
  kLeftLowerArmBack = 21,
  kRightLowerArmBack = 22,
  kRightHead = 23,
  kLeftHead = 24,
};

/// A part's UPPER_SNAKE name, its mirrored twin on the other side of the body (itself for the
/// torso) and its neighbour front to back (itself for hands, feet and head).
struct BodyPartInfo {
  std::string_view name;
  BodyPart mirror;
  BodyPart opposite;
};

const BodyPartInfo& InfoOf(BodyPart part);

inline constexpr int kKeypointCount = 18;

/// OpenPose's 18 COCO keypoints, in its order.
inline constexpr std::array<std::string_view, kKeypointCount> kKeypointNames = {
    "nose",       "neck",       "right_shoulder", "right_elbow", "right_wrist", "left_shoulder",
    "left_elbow", "left_wrist", "right_hip",      "right_knee",  "right_ankle", "left_hip",
    "left_knee",  "left_ankle", "right_eye",      "left_eye",    "right_ear",   "left_ear"};

/// Pairs of keypoints that a skeleton drawing joins.
inline constexpr std::array<std::array<int, 2>, 17> kLimbs = {{{1, 2},
                                                               {1, 5},
                                                               {2, 3},
                                                               {3, 4},
                                                               {5, 6},
                                                               {6, 7},
                                                               {1, 8},
                                                               {8, 9},
                                                               {9, 10},
                                                               {1, 11},
                                                               {11, 12},
                                                               {12, 13},
                                                               {1, 0},
                                                               {0, 14},
                                                               {14, 16},
                                                               {0, 15},
                                                               {15, 17}}};

struct Keypoint {
  /// Pixels of the picture, x to the right, y down; (0, 0) is the corner of the first pixel.
  float x = 0;
  float y = 0;
  /// 0..1; 0 = not there. Renderings say 1 for visible, 0.5 for hidden behind the body.
  float confidence = 0;
};

using Keypoints = std::array<Keypoint, kKeypointCount>;

/// Half-open box in pixels.
struct Box {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
  bool empty() const { return right <= left || bottom <= top; }
};

}  // namespace atelier
