#include "people/fit/articulated_body.h"

#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <cmath>
#include <string>
#include <unordered_map>

namespace atelier::people {
namespace {

using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;

/// Step of the difference that bone transforms are differentiated by; parameters are of order 1.
constexpr double kStep = 1e-6;
constexpr double kNeckShare = .4;
constexpr double kFingerCurl = 12 * EIGEN_PI / 180;
/// Keeps the samples' covariance positive definite.
constexpr double kLeastVariance = 1e-9;

double At(const BodyParameters& p, const ParameterBlock& block, int i) {
  return p[static_cast<size_t>(block.first + i)];
}
Vector3d VectorAt(const BodyParameters& p, const ParameterBlock& block) {
  return {At(p, block, 0), At(p, block, 1), At(p, block, 2)};
}

}  // namespace

Matrix3d RotationOf(const Vector3d& vector) {
  const double angle = vector.norm();
  if (angle < 1e-12) return Matrix3d::Identity();
  return Eigen::AngleAxisd(angle, vector / angle).toRotationMatrix();
}

ArticulatedBody::ArticulatedBody(const Body& body) : body_(body), bones_(body.bones()) {
  MakeShape(body);
  MakeBones(body);
  MakeAxes(body);
  MakeDependencies();
}

void ArticulatedBody::MakeShape(const Body& body) {
  const BodyFile& file = body.file();
  const int components = file.component_count;
  const int samples = body.shape_count();
  const Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
      coefficients(file.coefficients.data(), samples, components);
  const MatrixXd all = coefficients.cast<double>();
  shape_mean_ = all.colwise().mean().transpose();
  const MatrixXd centred = all.rowwise() - shape_mean_.transpose();
  MatrixXd covariance = centred.transpose() * centred / std::max(1, samples - 1);
  covariance.diagonal().array() += kLeastVariance;
  const MatrixXd root = covariance.llt().matrixL();
  shape_root_ = root.leftCols(kShapeParameters);

  placed_vertices_ = body.skin_vertices();
  for (const auto& eye : body.eye_vertices()) {
    placed_vertices_.insert(placed_vertices_.end(), eye.begin(), eye.end());
  }
  const auto vertices = static_cast<size_t>(file.vertex_count);
  vertex_mean_.resize(vertices);
  vertex_basis_.assign(vertices * kShapeParameters * 3, 0.0f);
  const Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
      basis(file.basis.data(), components, file.vertex_count * 3);
  const Eigen::VectorXf mean_part = basis.transpose() * shape_mean_.cast<float>();
  const Eigen::MatrixXf blended = basis.transpose() * shape_root_.cast<float>();  // [3 V, 10]
  for (size_t v = 0; v < vertices; ++v) {
    const auto row = static_cast<Eigen::Index>(v * 3);
    vertex_mean_[v] = body.canonical(static_cast<int>(v)) +
                      Vec3{mean_part[row], mean_part[row + 1], mean_part[row + 2]};
    for (int k = 0; k < kShapeParameters; ++k) {
      for (int c = 0; c < 3; ++c) {
        vertex_basis_[(v * kShapeParameters + static_cast<size_t>(k)) * 3 +
                      static_cast<size_t>(c)] = blended(row + c, k);
      }
    }
  }
  const auto count = static_cast<size_t>(file.bone_count);
  joint_mean_.resize(count);
  joint_basis_.resize(count);
  for (size_t b = 0; b < count; ++b) {
    joint_mean_[b] = ToEigen(body.joint(static_cast<int>(b)));
    MatrixXd by_component(3, components);
    for (int k = 0; k < components; ++k) {
      for (int c = 0; c < 3; ++c) {
        by_component(c, k) =
            file.joint_basis[(static_cast<size_t>(k) * count + b) * 3 + static_cast<size_t>(c)];
      }
    }
    joint_mean_[b] += by_component * shape_mean_;
    joint_basis_[b] = by_component * shape_root_;
  }
}

void ArticulatedBody::MakeBones(const Body& body) {
  const size_t count = joint_mean_.size();
  sources_.resize(count);
  kinds_.resize(count);
  for (size_t b = 0; b < count; ++b) sources_[b].parent = body.file().parents[b];
  pelvis_ = sources_[static_cast<size_t>(bones_.spine[0])].parent;
  const auto source = [&](int bone) -> BoneSource& { return sources_[static_cast<size_t>(bone)]; };
  const auto kind = [&](int bone, Joint joint, size_t side = 0) {
    kinds_[static_cast<size_t>(bone)] = {joint, static_cast<uint8_t>(side)};
  };
  enum { kTorso, kNeckOrHead, kUpperArms, kForearms, kThighs, kCalves };
  const auto set = [&](int bone, int toward, int length, int girth) {
    BoneSource& s = source(bone);
    s.toward = toward;
    s.length_group = length;
    s.girth_group = girth;
  };
  set(pelvis_, bones_.spine[0], -1, kTorso);
  set(bones_.spine[0], bones_.spine[1], kTorso, kTorso);
  set(bones_.spine[1], bones_.spine[2], kTorso, kTorso);
  set(bones_.spine[2], bones_.neck, kTorso, kTorso);
  set(bones_.neck, bones_.head, kNeckOrHead, kNeckOrHead);
  set(bones_.head, -1, -1, kNeckOrHead);
  source(bones_.head).length_by_girth = true;
  kind(pelvis_, Joint::kRoot);
  for (const int bone : bones_.spine) kind(bone, Joint::kSpine);
  kind(bones_.neck, Joint::kNeck);
  kind(bones_.head, Joint::kHead);
  for (size_t s = 0; s < 2; ++s) {
    set(bones_.clavicle[s], bones_.upper_arm[s], -1, -1);
    set(bones_.upper_arm[s], bones_.lower_arm[s], kUpperArms, kUpperArms);
    set(bones_.lower_arm[s], bones_.hand[s], kForearms, kForearms);
    set(bones_.hand[s], bones_.fingers[s][1][0], -1, -1);
    set(bones_.thigh[s], bones_.calf[s], kThighs, kThighs);
    set(bones_.calf[s], bones_.foot[s], kCalves, kCalves);
    set(bones_.foot[s], bones_.ball[s], -1, -1);
    kind(bones_.clavicle[s], Joint::kClavicle, s);
    kind(bones_.upper_arm[s], Joint::kUpperArm, s);
    kind(bones_.lower_arm[s], Joint::kElbow, s);
    kind(bones_.hand[s], Joint::kHand, s);
    kind(bones_.thigh[s], Joint::kThigh, s);
    kind(bones_.calf[s], Joint::kKnee, s);
    kind(bones_.foot[s], Joint::kFoot, s);
    for (const auto& finger : bones_.fingers[s]) {
      for (const int bone : finger) kind(bone, Joint::kFinger, s);
    }
  }
}

void ArticulatedBody::MakeAxes(const Body& body) {
  for (size_t s = 0; s < 2; ++s) {
    const auto at = [&](int bone) { return ToEigen(body.joint(bone)); };
    SideAxes& axes = axes_[s];
    axes.upper_arm = (at(bones_.lower_arm[s]) - at(bones_.upper_arm[s])).normalized();
    axes.forearm = (at(bones_.hand[s]) - at(bones_.lower_arm[s])).normalized();
    axes.elbow_hinge = axes.upper_arm.cross(axes.forearm).normalized();
    axes.rest_elbow = std::acos(axes.upper_arm.dot(axes.forearm));
    axes.knuckles = (at(bones_.fingers[s][0][0]) - at(bones_.fingers[s][3][0])).normalized();
    axes.palm = axes.knuckles.cross(axes.forearm).normalized();
    const Vector3d thigh = at(bones_.calf[s]) - at(bones_.thigh[s]);
    const Vector3d calf = at(bones_.foot[s]) - at(bones_.calf[s]);
    axes.thigh = thigh.normalized();
    axes.rest_knee = std::atan2(-calf.z(), -calf.y()) - std::atan2(-thigh.z(), -thigh.y());
    finger_curl_[s] = RotationOf(axes.knuckles * (SideSign(static_cast<int>(s)) * kFingerCurl));
  }
}

void ArticulatedBody::MakeDependencies() {
  const size_t count = sources_.size();
  for (auto& own : own_) own.assign(count, false);
  const auto reads = [&](size_t bone, const ParameterBlock& block) {
    for (int k = block.first; k < block.end(); ++k) own_[static_cast<size_t>(k)][bone] = true;
  };
  for (size_t b = 0; b < count; ++b) {
    const SideBlocks& side = kSideBlocks[kinds_[b].side];
    switch (kinds_[b].joint) {
      case Joint::kRoot:
        reads(b, kRootBlock);
        break;
      case Joint::kSpine:
        reads(b, kSpineBlock);
        break;
      case Joint::kNeck:
      case Joint::kHead:
        reads(b, kNeckBlock);
        break;
      case Joint::kClavicle:
        reads(b, side.clavicle);
        break;
      case Joint::kUpperArm:
        reads(b, side.upper_arm);
        break;
      case Joint::kElbow:
        reads(b, side.elbow);
        break;
      case Joint::kHand:
        reads(b, side.hand);
        break;
      case Joint::kThigh:
        reads(b, side.thigh);
        break;
      case Joint::kKnee:
        reads(b, side.knee);
        break;
      case Joint::kFoot:
        reads(b, side.foot);
        break;
      case Joint::kFixed:
      case Joint::kFinger:
        break;
    }
    reads(b, kShapeBlock);
    if (sources_[b].length_group >= 0) reads(b, {kLengthBlock.first + sources_[b].length_group, 1});
    if (sources_[b].girth_group >= 0) reads(b, {kGirthBlock.first + sources_[b].girth_group, 1});
  }
  for (size_t k = 0; k < own_.size(); ++k) {
    std::vector<bool> moved = own_[k];
    for (size_t b = 0; b < count; ++b) {
      const int parent = sources_[b].parent;
      if (parent >= 0 && moved[static_cast<size_t>(parent)]) moved[b] = true;
      if (moved[b]) affected_[k].push_back(static_cast<int>(b));
    }
  }
}

Matrix3d ArticulatedBody::LocalRotation(int bone, const BodyParameters& p,
                                        const Matrix3d& base) const {
  const JointOf kind = kinds_[static_cast<size_t>(bone)];
  const SideBlocks& side = kSideBlocks[kind.side];
  const SideAxes& axes = axes_[kind.side];
  switch (kind.joint) {
    case Joint::kRoot:
      return RotationOf(VectorAt(p, kRootBlock)) * base;
    case Joint::kSpine:
      return RotationOf(VectorAt(p, kSpineBlock) / 3);
    case Joint::kNeck:
      return RotationOf(VectorAt(p, kNeckBlock) * kNeckShare);
    case Joint::kHead:
      return RotationOf(VectorAt(p, kNeckBlock) * (1 - kNeckShare));
    case Joint::kClavicle:
      return RotationOf({0, At(p, side.clavicle, 0), At(p, side.clavicle, 1)});
    case Joint::kUpperArm:
      return RotationOf(VectorAt(p, side.upper_arm));
    case Joint::kElbow:
      return RotationOf(axes.elbow_hinge * At(p, side.elbow, 0)) *
             RotationOf(axes.forearm * At(p, side.elbow, 1));
    case Joint::kHand:
      return RotationOf(axes.knuckles * At(p, side.hand, 0) + axes.palm * At(p, side.hand, 1));
    case Joint::kThigh:
      return RotationOf(VectorAt(p, side.thigh));
    case Joint::kKnee:
      return RotationOf({At(p, side.knee, 0), 0, 0});
    case Joint::kFoot:
      return RotationOf({At(p, side.foot, 0), At(p, side.foot, 1), 0});
    case Joint::kFinger:
      return finger_curl_[kind.side];
    case Joint::kFixed:
      break;
  }
  return Matrix3d::Identity();
}

Vector3d ArticulatedBody::RestJoint(int bone, const BodyParameters& p) const {
  const auto b = static_cast<size_t>(bone);
  const Eigen::Map<const Eigen::Matrix<double, kShapeParameters, 1>> shape(p.data() +
                                                                           kShapeBlock.first);
  return joint_mean_[b] + joint_basis_[b] * shape;
}

void ArticulatedBody::PoseBone(int bone, const BodyParameters& p, const Matrix3d& local,
                               BodyPose& pose) const {
  const auto b = static_cast<size_t>(bone);
  const BoneSource& source = sources_[b];
  const Vector3d& rest = pose.rest[b];
  if (source.parent < 0) {
    pose.rotations[b] = local;
    pose.joints[b] = rest;
  } else {
    const auto parent = static_cast<size_t>(source.parent);
    pose.rotations[b].noalias() = pose.rotations[parent] * local;
    pose.joints[b] = pose.joints[parent] + pose.scaled[parent] * (rest - pose.rest[parent]);
  }
  const double girth =
      source.girth_group < 0 ? 1 : std::exp(At(p, kGirthBlock, source.girth_group));
  const double length = source.length_by_girth ? girth
                        : source.length_group < 0
                            ? 1
                            : std::exp(At(p, kLengthBlock, source.length_group));
  pose.scaled[b] = pose.rotations[b] * girth;
  if (source.toward >= 0 && length != girth) {
    const Vector3d d = (pose.rest[static_cast<size_t>(source.toward)] - rest).normalized();
    pose.scaled[b] += pose.rotations[b] * d * (d.transpose() * (length - girth));
  }
  pose.transforms[b].leftCols<3>() = pose.scaled[b];
  pose.transforms[b].col(3) = pose.joints[b] - pose.scaled[b] * rest;
}

BodyPose ArticulatedBody::Pose(const BodyParameters& parameters, const Matrix3d& base) const {
  const size_t count = sources_.size();
  BodyPose pose;
  pose.rest.resize(count);
  pose.rotations.resize(count);
  pose.scaled.resize(count);
  pose.joints.resize(count);
  pose.transforms.resize(count);
  const int bones = bone_count();
  for (int b = 0; b < bones; ++b) pose.rest[static_cast<size_t>(b)] = RestJoint(b, parameters);
  for (int b = 0; b < bones; ++b) {
    PoseBone(b, parameters, LocalRotation(b, parameters, base), pose);
  }
  return pose;
}

void ArticulatedBody::Differentiate(const BodyParameters& parameters, const Matrix3d& base,
                                    const BodyPose& pose,
                                    const std::array<bool, kParameterCount>& free,
                                    PoseDerivatives& out) const {
  const int bones = bone_count();
  out.resize(static_cast<size_t>(bones));
  for (auto& of_bone : out) of_bone.clear();
  std::vector<Matrix3d> locals(static_cast<size_t>(bones));
  for (int b = 0; b < bones; ++b) {
    locals[static_cast<size_t>(b)] = LocalRotation(b, parameters, base);
  }
  BodyPose moved = pose;
  BodyParameters at = parameters;
  for (size_t k = kCameraBlock.count; k < free.size(); ++k) {
    if (!free[k]) continue;
    at[k] = parameters[k] + kStep;
    const bool shape =
        static_cast<int>(k) >= kShapeBlock.first && static_cast<int>(k) < kShapeBlock.end();
    if (shape) {
      for (int b = 0; b < bones; ++b) moved.rest[static_cast<size_t>(b)] = RestJoint(b, at);
    }
    for (const int bone : affected_[k]) {
      const auto b = static_cast<size_t>(bone);
      const bool turned = own_[k][b] && !shape;
      PoseBone(bone, at, turned ? LocalRotation(bone, at, base) : locals[b], moved);
      out[b].push_back({static_cast<int>(k), (moved.transforms[b] - pose.transforms[b]) / kStep});
    }
    for (const int bone : affected_[k]) {
      const auto b = static_cast<size_t>(bone);
      moved.rest[b] = pose.rest[b];
      moved.rotations[b] = pose.rotations[b];
      moved.scaled[b] = pose.scaled[b];
      moved.joints[b] = pose.joints[b];
      moved.transforms[b] = pose.transforms[b];
    }
    at[k] = parameters[k];
  }
}

SkinPoint ArticulatedBody::JointPoint(int joint, int bone, const Vector3d& offset) const {
  SkinPoint point;
  point.rest = joint_mean_[static_cast<size_t>(joint)] + offset;
  point.basis = joint_basis_[static_cast<size_t>(joint)];
  point.bones[0] = bone;
  point.weights[0] = 1;
  return point;
}

SkinPoint ArticulatedBody::VertexPoint(int vertex) const {
  const auto v = static_cast<size_t>(vertex);
  SkinPoint point;
  point.rest = ToEigen(vertex_mean_[v]);
  const float* basis = &vertex_basis_[v * kShapeParameters * 3];
  for (int k = 0; k < kShapeParameters; ++k) {
    for (int c = 0; c < 3; ++c) point.basis(c, k) = basis[k * 3 + c];
  }
  const BodyFile& file = body_.file();
  for (size_t i = 0; i < 4; ++i) {
    point.bones[i] = file.bone_indices[v][i];
    point.weights[i] = static_cast<double>(file.bone_weights[v][i]);
  }
  return point;
}

SkinPoint ArticulatedBody::MiddlePoint(const std::vector<int>& vertices, int bone,
                                       const Vector3d& offset) const {
  SkinPoint point;
  point.rest = offset;
  const double share = 1.0 / static_cast<double>(std::max<size_t>(1, vertices.size()));
  for (const int v : vertices) {
    const SkinPoint one = VertexPoint(v);
    point.rest += one.rest * share;
    point.basis += one.basis * share;
  }
  point.bones[0] = bone;
  point.weights[0] = 1;
  return point;
}

std::vector<Vec3> ArticulatedBody::SkinVertices(const BodyParameters& parameters,
                                                const BodyPose& pose) const {
  const BodyFile& file = body_.file();
  std::vector<Eigen::Matrix<float, 3, 4>> transforms;
  transforms.reserve(pose.transforms.size());
  for (const Matrix34& t : pose.transforms) transforms.push_back(t.cast<float>());
  std::array<float, kShapeParameters> shape{};
  for (size_t k = 0; k < shape.size(); ++k) {
    shape[k] = static_cast<float>(parameters[static_cast<size_t>(kShapeBlock.first) + k]);
  }
  std::vector<Vec3> out(vertex_mean_.size());
  for (const int vertex : placed_vertices_) {
    const auto v = static_cast<size_t>(vertex);
    Eigen::Vector4f rest(vertex_mean_[v].x, vertex_mean_[v].y, vertex_mean_[v].z, 1);
    const float* basis = &vertex_basis_[v * kShapeParameters * 3];
    for (size_t k = 0; k < shape.size(); ++k, basis += 3) {
      rest[0] += basis[0] * shape[k];
      rest[1] += basis[1] * shape[k];
      rest[2] += basis[2] * shape[k];
    }
    Eigen::Vector3f placed = Eigen::Vector3f::Zero();
    for (size_t i = 0; i < 4; ++i) {
      const float weight = file.bone_weights[v][i];
      if (weight > 0) placed += weight * (transforms[file.bone_indices[v][i]] * rest);
    }
    out[v] = {placed[0], placed[1], placed[2]};
  }
  return out;
}

std::vector<double> ArticulatedBody::ShapeCoefficients(const BodyParameters& parameters) const {
  const Eigen::Map<const Eigen::Matrix<double, kShapeParameters, 1>> shape(parameters.data() +
                                                                           kShapeBlock.first);
  const VectorXd c = shape_mean_ + shape_root_ * shape;
  return {c.data(), c.data() + c.size()};
}

Vector3d Place(const SkinPoint& point, const BodyParameters& parameters, const BodyPose& pose,
               const PoseDerivatives* derivatives, Eigen::Matrix<double, 3, kParameterCount>* by) {
  const Eigen::Map<const Eigen::Matrix<double, kShapeParameters, 1>> shape(parameters.data() +
                                                                           kShapeBlock.first);
  Eigen::Vector4d rest;
  rest << point.rest + point.basis * shape, 1;
  Vector3d placed = Vector3d::Zero();
  Matrix3d blend = Matrix3d::Zero();
  if (by != nullptr) by->setZero();
  for (size_t i = 0; i < 4; ++i) {
    const double weight = point.weights[i];
    if (weight == 0) continue;
    const auto bone = static_cast<size_t>(point.bones[i]);
    placed += weight * (pose.transforms[bone] * rest);
    if (by == nullptr) continue;
    blend += weight * pose.scaled[bone];
    for (const BoneDerivative& d : (*derivatives)[bone]) {
      by->col(d.parameter) += weight * (d.transform * rest);
    }
  }
  if (by != nullptr) by->middleCols<kShapeParameters>(kShapeBlock.first) += blend * point.basis;
  return placed;
}

}  // namespace atelier::people
