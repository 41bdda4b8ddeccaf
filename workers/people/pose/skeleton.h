// From a pose to bone transforms, and from those to posed vertices (linear blend skinning).
#pragma once

#include <array>
#include <vector>

#include "people/body/body.h"
#include "people/pose/pose.h"

namespace atelier::people {

struct PosedSkeleton {
  std::vector<Vec3> joints;        // posed, metres, person's frame
  std::vector<Mat3> rotations;     // rest -> posed, world axes
  std::vector<Vec3> translations;  // x' = rotation * x + translation
};

/// `rest_joints`: joints of the person's own shape, one per bone.
PosedSkeleton PoseSkeleton(const Body& body, const std::vector<Vec3>& rest_joints,
                           const Pose& pose);

/// Skins `rest` in place; `sources[i]` is the body vertex whose weights vertex i follows.
void Skin(const Body& body, const PosedSkeleton& skeleton, const std::vector<int>& sources,
          std::vector<Vec3>& rest);

}  // namespace atelier::people
