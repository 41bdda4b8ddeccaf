#include "people/pose/skeleton.h"

#include <optional>

namespace atelier::people {
namespace {

constexpr Vec3 kX{1, 0, 0};
constexpr Vec3 kY{0, 1, 0};
constexpr Vec3 kZ{0, 0, 1};

/// Axes of a limb: its direction, the hinge of the bend towards `next`, and their normal.
Mat3 HingeFrame(const Vec3& direction, const Vec3& next) {
  const Vec3 d = Unit(direction);
  Vec3 hinge = Cross(d, next);
  const float length = Length(hinge);
  hinge = length > 1e-4f ? hinge * (1 / length) : Unit(Cross(d, {1, .01f, 0}));
  return Mat3::FromColumns(d, hinge, Cross(d, hinge));
}

/// Axes of a leg segment whose knee hinge is as close to `hinge` as its direction allows.
Mat3 LegFrame(const Vec3& direction, const Vec3& hinge) {
  const Vec3 d = Unit(direction);
  const Vec3 h = Unit(Cross(d, Cross(hinge, d)));
  return Mat3::FromColumns(d, h, Cross(d, h));
}

Mat3 Bent(const Bend& bend, float share) {
  return Rotation(kX, bend.pitch * share) * Rotation(kY, bend.yaw * share) *
         Rotation(kZ, bend.roll * share);
}

class Poser {
 public:
  Poser(const Body& body, const std::vector<Vec3>& rest, const Pose& pose)
      : bones_(body.bones()), rest_(rest), pose_(pose), fixed_(rest.size()) {}

  std::vector<std::optional<Mat3>> Run() {
    PoseTrunk();
    for (int side = 0; side < 2; ++side) {
      PoseArm(side);
      PoseLeg(side);
    }
    return std::move(fixed_);
  }

 private:
  void Fix(int bone, const Mat3& rotation) { fixed_[static_cast<size_t>(bone)] = rotation; }
  Vec3 Rest(int bone) const { return rest_[static_cast<size_t>(bone)]; }

  void PoseTrunk() {
    trunk_ = Bent(pose_.spine, 1);
    const Mat3 third = Bent(pose_.spine, 1 / 3.0f);
    Fix(bones_.spine[0], third);
    Fix(bones_.spine[1], third * third);
    Fix(bones_.spine[2], trunk_);
    const Bend& neck = pose_.neck;
    Fix(bones_.neck, trunk_ * Rotation(kY, neck.yaw * .4f) * Rotation(kX, neck.pitch * .4f));
    Fix(bones_.head,
        trunk_ * Rotation(kY, neck.yaw) * Rotation(kX, neck.pitch) * Rotation(kZ, neck.roll));
  }

  void PoseArm(int side) {
    const auto s = static_cast<size_t>(side);
    const float sign = SideSign(side);
    const Limb& arm = pose_.arms[s];
    // The collar bone rises with the arm, or the shoulder would tear.
    const float elevation = Acos(std::clamp(-arm.upper.y, -1.0f, 1.0f)) * (180 / kPi);
    const float rise = std::clamp((elevation - 55) * .28f, 0.0f, 28.0f) - 6;
    Fix(bones_.clavicle[s], trunk_ * Rotation(kZ, sign * rise));
    const Vec3 upper = Rest(bones_.lower_arm[s]) - Rest(bones_.upper_arm[s]);
    const Vec3 lower = Rest(bones_.hand[s]) - Rest(bones_.lower_arm[s]);
    Fix(bones_.upper_arm[s],
        trunk_ * HingeFrame(arm.upper, arm.lower) * HingeFrame(upper, lower).Transposed());
    const auto flexed = [](const Vec3& first, const Vec3& second) {
      return HingeFrame(second, Cross(Cross(first, second), second));
    };
    const Mat3 forearm = trunk_ * flexed(arm.upper, arm.lower) * flexed(upper, lower).Transposed();
    Fix(bones_.lower_arm[s], forearm);
    Fix(bones_.hand[s], forearm);
    const auto& fingers = bones_.fingers[s];
    const Vec3 knuckles = Rest(fingers[0][0]) - Rest(fingers[3][0]);
    for (const auto& finger : fingers) {
      for (size_t k = 0; k < 3; ++k) {
        const float curl = sign * pose_.finger_curl * static_cast<float>(k + 1) * .7f;
        Fix(finger[k], forearm * Rotation(knuckles, curl));
      }
    }
  }

  void PoseLeg(int side) {
    const auto s = static_cast<size_t>(side);
    const Limb& leg = pose_.legs[s];
    const Mat3 turn = Rotation(kY, pose_.toes_out[s]);
    const Vec3 hinge = turn * kX;
    const Vec3 upper = Rest(bones_.calf[s]) - Rest(bones_.thigh[s]);
    const Vec3 lower = Rest(bones_.foot[s]) - Rest(bones_.calf[s]);
    Fix(bones_.thigh[s], LegFrame(leg.upper, hinge) * LegFrame(upper, kX).Transposed());
    Fix(bones_.calf[s], LegFrame(leg.lower, hinge) * LegFrame(lower, kX).Transposed());
    const float shin = Atan2(-leg.lower.z, -leg.lower.y) * (180 / kPi);
    const float pitch = std::clamp(shin, 0.0f, 40.0f) * .75f;
    Fix(bones_.foot[s], turn * Rotation(kX, pitch));
    Fix(bones_.ball[s], turn * Rotation(kX, pitch * .3f));
  }

  const Bones& bones_;
  const std::vector<Vec3>& rest_;
  const Pose& pose_;
  std::vector<std::optional<Mat3>> fixed_;
  Mat3 trunk_;
};

}  // namespace

PosedSkeleton PoseSkeleton(const Body& body, const std::vector<Vec3>& rest_joints,
                           const Pose& pose) {
  const std::vector<std::optional<Mat3>> fixed = Poser(body, rest_joints, pose).Run();
  const size_t count = rest_joints.size();
  PosedSkeleton out;
  out.joints.resize(count);
  out.rotations.resize(count);
  out.translations.resize(count);
  for (size_t b = 0; b < count; ++b) {
    const int parent = body.file().parents[b];
    if (parent < 0) {
      out.joints[b] = rest_joints[b];
      if (fixed[b]) out.rotations[b] = *fixed[b];
    } else {
      const auto p = static_cast<size_t>(parent);
      out.rotations[b] = fixed[b] ? *fixed[b] : out.rotations[p];
      out.joints[b] = out.rotations[p] * (rest_joints[b] - rest_joints[p]) + out.joints[p];
    }
    out.translations[b] = out.joints[b] - out.rotations[b] * rest_joints[b];
  }
  return out;
}

void Skin(const Body& body, const PosedSkeleton& skeleton, const std::vector<int>& sources,
          std::vector<Vec3>& rest) {
  const BodyFile& file = body.file();
  for (size_t i = 0; i < rest.size(); ++i) {
    const auto v = static_cast<size_t>(sources[i]);
    const auto& weights = file.bone_weights[v];
    const auto& bones = file.bone_indices[v];
    const Vec3 p = rest[i];
    Vec3 out;
    for (size_t k = 0; k < 4; ++k) {
      if (weights[k] == 0) continue;
      const Vec3 moved = skeleton.rotations[bones[k]] * p + skeleton.translations[bones[k]];
      out += moved * weights[k];
    }
    rest[i] = out;
  }
}

}  // namespace atelier::people
