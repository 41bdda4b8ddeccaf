// ArticulatedBody: the body of people/body/body.h with a rotation for every bone, bones that may be
// longer and thicker than the shape says, and derivatives of every point by every parameter.
//
// Bone b has the rest joint h_b, the parent p and the rest direction d (towards the bone that
// continues it). With its factors of length a and girth g:
//
//   S_b = a d d^T + g (I - d d^T)        R_b = R_p Q_b        J_b = J_p + R_p S_p (h_b - h_p)
//   x'  = sum_b w_b (R_b S_b (x - h_b) + J_b)
//
// Axes and metres as in people/body/body.h; posed points are in the camera's frame, z towards it.
//
// Thread rule: immutable; Pose and PoseDerivatives belong to the caller.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "people/body/body.h"
#include "people/fit/parameters.h"

namespace atelier::people {

using Matrix34 = Eigen::Matrix<double, 3, 4>;
using ShapeBasis = Eigen::Matrix<double, 3, kShapeParameters>;

inline Eigen::Vector3d ToEigen(const Vec3& v) { return {v.x, v.y, v.z}; }
inline Vec3 FromEigen(const Eigen::Vector3d& v) {
  return {static_cast<float>(v.x()), static_cast<float>(v.y()), static_cast<float>(v.z())};
}

/// The rotation of a rotation vector in radians.
Eigen::Matrix3d RotationOf(const Eigen::Vector3d& vector);

/// A point that moves with up to four bones.
struct SkinPoint {
  Eigen::Vector3d rest = Eigen::Vector3d::Zero();  // at shape 0
  ShapeBasis basis = ShapeBasis::Zero();           // of the rest place, by shape parameter
  std::array<int, 4> bones{};
  std::array<double, 4> weights{};  // 0 = unused; they sum to 1
};

/// One row a bone.
struct BodyPose {
  std::vector<Eigen::Vector3d> rest;       // h_b
  std::vector<Eigen::Matrix3d> rotations;  // R_b
  std::vector<Eigen::Matrix3d> scaled;     // R_b S_b
  std::vector<Eigen::Vector3d> joints;     // J_b
  std::vector<Matrix34> transforms;        // x' = transform * (x, 1)
};

/// How a bone's transform changes with one parameter.
struct BoneDerivative {
  int parameter = 0;
  Matrix34 transform;
};
/// Of each bone: its derivatives that are not zero.
using PoseDerivatives = std::vector<std::vector<BoneDerivative>>;

class ArticulatedBody {
 public:
  /// Axes of one side's joints in the rest pose, unit vectors; angles in radians.
  struct SideAxes {
    Eigen::Vector3d upper_arm, forearm, elbow_hinge, knuckles, palm, thigh;
    double rest_elbow = 0;  // the bend that the rest pose has
    double rest_knee = 0;
  };

  /// Keeps a reference to `body`.
  explicit ArticulatedBody(const Body& body);

  int bone_count() const { return static_cast<int>(joint_mean_.size()); }
  const Bones& bones() const { return bones_; }
  int pelvis() const { return pelvis_; }
  const SideAxes& axes(int side) const { return axes_[static_cast<size_t>(side)]; }
  /// At shape 0.
  const Eigen::Vector3d& joint(int bone) const { return joint_mean_[static_cast<size_t>(bone)]; }

  /// `base` is what the root's rotation vector is relative to.
  BodyPose Pose(const BodyParameters& parameters, const Eigen::Matrix3d& base) const;
  /// Derivatives by those parameters for which `free` is true; the camera's are none of the pose's.
  /// REQUIRES: `pose` is Pose(parameters, base).
  void Differentiate(const BodyParameters& parameters, const Eigen::Matrix3d& base,
                     const BodyPose& pose, const std::array<bool, kParameterCount>& free,
                     PoseDerivatives& out) const;

  /// A point that moves with `bone` alone: its joint, and `offset` metres from it in rest axes.
  SkinPoint JointPoint(int joint, int bone, const Eigen::Vector3d& offset) const;
  SkinPoint VertexPoint(int vertex) const;
  /// `offset` metres from the middle of `vertices`, moved with `bone` alone.
  SkinPoint MiddlePoint(const std::vector<int>& vertices, int bone,
                        const Eigen::Vector3d& offset) const;

  /// Every vertex of the body, in metres; those of neither skin nor eyes stay (0, 0, 0).
  std::vector<Vec3> SkinVertices(const BodyParameters& parameters, const BodyPose& pose) const;

  /// The body file's shape coefficients.
  std::vector<double> ShapeCoefficients(const BodyParameters& parameters) const;

 private:
  struct BoneSource {
    int parent = -1;
    int toward = -1;        // the bone that continues this one; -1 = none
    int length_group = -1;  // index into the length block, and so on
    int girth_group = -1;
    bool length_by_girth = false;
  };
  void MakeShape(const Body& body);
  void MakeBones(const Body& body);
  void MakeAxes(const Body& body);
  void MakeDependencies();

  Eigen::Matrix3d LocalRotation(int bone, const BodyParameters& p,
                                const Eigen::Matrix3d& base) const;
  Eigen::Vector3d RestJoint(int bone, const BodyParameters& p) const;
  void PoseBone(int bone, const BodyParameters& p, const Eigen::Matrix3d& local,
                BodyPose& pose) const;

  const Body& body_;
  Bones bones_;
  int pelvis_ = 0;
  std::vector<Eigen::Vector3d> joint_mean_;  // at shape 0
  std::vector<ShapeBasis> joint_basis_;
  std::vector<BoneSource> sources_;
  std::array<SideAxes, 2> axes_;
  std::array<Eigen::Matrix3d, 2> finger_curl_;
  Eigen::MatrixXd shape_root_;        // [K, 10]
  Eigen::VectorXd shape_mean_;        // [K]
  std::vector<int> placed_vertices_;  // skin and eyes
  std::vector<Vec3> vertex_mean_;     // [V]; at shape 0
  std::vector<float> vertex_basis_;   // [V, 10, 3]
  // Which rotation block a bone reads.
  enum class Joint : uint8_t {
    kFixed,
    kRoot,
    kSpine,
    kNeck,
    kHead,
    kClavicle,
    kUpperArm,
    kElbow,
    kHand,
    kThigh,
    kKnee,
    kFoot,
    kFinger
  };
  struct JointOf {
    Joint joint = Joint::kFixed;
    uint8_t side = 0;
  };
  std::vector<JointOf> kinds_;
  // Of each parameter: bones whose own rotation or factors read it, and those with all their
  // descendants, parents first.
  std::array<std::vector<int>, kParameterCount> affected_;
  std::array<std::vector<bool>, kParameterCount> own_;
};

/// The point of `pose`, and its derivatives if `derivatives` is not null: column k of `by` is
/// added d point / d parameter k. `by` is [3, 64] and is set to 0 first.
Eigen::Vector3d Place(const SkinPoint& point, const BodyParameters& parameters,
                      const BodyPose& pose, const PoseDerivatives* derivatives,
                      Eigen::Matrix<double, 3, kParameterCount>* by);

}  // namespace atelier::people
