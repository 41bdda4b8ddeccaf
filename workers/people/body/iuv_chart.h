// IuvChart: which of the 24 DensePose parts a canonical point belongs to, and where in its chart.
//
// The charts are our own approximation of DensePose's: part numbers agree, (U, V) directions are
// cylindrical coordinates of each part, not SMPL's atlas.
#pragma once

#include <array>
#include <cstdint>

#include "people/body/vec.h"

namespace atelier::people {

/// What is known of every point of every surface; interpolated over triangles.
struct alignas(64) Attributes {
  Vec3 at;        // canonical coordinate, metres
  float arm = 0;  // along the arm: 0 shoulder, 1 elbow, 2 wrist
  float leg = 0;  // along the leg: 0 hip, 1 knee, 2 ankle
  float arm_weight = 0;
  float leg_weight = 0;
  float head_weight = 0;
  float neck_weight = 0;
  float lips = 0;  // masks, 0..1
  float ears = 0;
  float mouth = 0;
  float lids = 0;
};

struct Iuv {
  uint8_t part = 0;
  float u = 0;  // 0..1
  float v = 0;
};

class IuvChart {
 public:
  /// Mean-shape joints of both sides: [side][shoulder, elbow, wrist, middle knuckle] and
  /// [side][hip, knee, ankle].
  using ArmJoints = std::array<std::array<Vec3, 4>, 2>;
  using LegJoints = std::array<std::array<Vec3, 3>, 2>;

  IuvChart() = default;
  IuvChart(const ArmJoints& arms, const LegJoints& legs);

  Iuv At(const Attributes& a) const;

 private:
  /// Cylinder about a limb segment; angle 0 faces forward.
  struct Segment {
    Vec3 start;
    Vec3 axis;
    Vec3 forward;
    Vec3 sideways;
    float AngleOf(const Vec3& p) const;
  };
  static Segment MakeSegment(const Vec3& start, const Vec3& end);
  Iuv Arm(const Attributes& a, int side) const;
  Iuv Leg(const Attributes& a, int side) const;
  static Iuv Torso(const Attributes& a);
  static Iuv Head(const Attributes& a);

  ArmJoints arms_{};
  LegJoints legs_{};
  std::array<std::array<Segment, 2>, 2> segments_{};  // [side][upper, lower]
  std::array<Vec3, 2> hand_axis_{}, hand_across_{};
};

}  // namespace atelier::people
