// The 64 numbers that describe a fitted person, and where each of them stands.
//
// Rotations are rotation vectors in radians, relative to the rest pose. Lengths and girths are
// natural logarithms of factors. Both sides of the body share lengths and girths.
#pragma once

#include <array>

namespace atelier::people {

/// Parameters `first` up to `first + count - 1`.
struct ParameterBlock {
  int first = 0;
  int count = 0;
  constexpr int end() const { return first + count; }
};

inline constexpr int kShapeParameters = 10;

// Log pixels per metre at the body's distance, then the pixel that the body's origin falls on.
inline constexpr ParameterBlock kCameraBlock{0, 3};
inline constexpr ParameterBlock kRootBlock{kCameraBlock.end(), 3};
inline constexpr ParameterBlock kSpineBlock{kRootBlock.end(), 3};  // a third to each of three bones
inline constexpr ParameterBlock kNeckBlock{kSpineBlock.end(), 3};  // shared by neck and head

/// The blocks of one side. Index 0 of every pair is the person's left.
struct SideBlocks {
  ParameterBlock clavicle;   // about y and z
  ParameterBlock upper_arm;  // rotation vector
  ParameterBlock elbow;      // hinge, then twist of the forearm
  ParameterBlock hand;       // about the line of the knuckles, and about the palm's normal
  ParameterBlock thigh;      // rotation vector
  ParameterBlock knee;       // about x
  ParameterBlock foot;       // about x and y
};

constexpr SideBlocks SideBlocksAfter(int first) {
  SideBlocks s;
  s.clavicle = {first, 2};
  s.upper_arm = {s.clavicle.end(), 3};
  s.elbow = {s.upper_arm.end(), 2};
  s.hand = {s.elbow.end(), 2};
  s.thigh = {s.hand.end(), 3};
  s.knee = {s.thigh.end(), 1};
  s.foot = {s.knee.end(), 2};
  return s;
}

inline constexpr SideBlocks kLeftBlocks = SideBlocksAfter(kNeckBlock.end());
inline constexpr SideBlocks kRightBlocks = SideBlocksAfter(kLeftBlocks.foot.end());
inline constexpr std::array<SideBlocks, 2> kSideBlocks = {kLeftBlocks, kRightBlocks};

/// Shape in standard deviations of the body file's samples: coefficients = mean + root * z, where
/// root * root^T is the samples' covariance.
inline constexpr ParameterBlock kShapeBlock{kRightBlocks.foot.end(), kShapeParameters};
/// Torso, neck, upper arm, forearm, thigh, calf.
inline constexpr ParameterBlock kLengthBlock{kShapeBlock.end(), 6};
/// Torso, head (its length too), upper arm, forearm, thigh, calf.
inline constexpr ParameterBlock kGirthBlock{kLengthBlock.end(), 6};

inline constexpr int kParameterCount = kGirthBlock.end();
static_assert(kParameterCount == 64);

using BodyParameters = std::array<double, kParameterCount>;

}  // namespace atelier::people
