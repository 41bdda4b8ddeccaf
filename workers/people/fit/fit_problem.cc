#include "people/fit/fit_problem.h"

#include <algorithm>
#include <cmath>

namespace atelier::people {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;
using PointDerivatives = Eigen::Matrix<double, 3, kParameterCount>;
using PixelDerivatives = Eigen::Matrix<double, 2, kParameterCount>;

constexpr double kLeastVisibility = .05;
/// Of the weight of a landmark outside of the picture, where the network guesses.
constexpr double kOutsideShare = .25;
/// Of the picture's height for a metre: smaller people cannot be seen.
constexpr double kLeastWorldScale = .01;
/// Residuals of landmarks beyond this many deviations count less than their square.
constexpr double kRobustFrom = 3;
/// Metres that a difference in depth is off by, about.
constexpr double kDepthDeviation = .08;
/// Of the world landmarks' depth across shoulders and hips: on rendered people they are turned a
/// little less than they should be.
constexpr double kAcrossTorso = 1.3;

// What poses are likely: deviations in radians.
constexpr double kSpine = .25, kNeck = .45, kClavicle = .2;
constexpr double kUpperArm = 1.2, kUpperArmTwist = .5, kElbow = 1.5, kForearmTwist = .3;
constexpr double kThigh = 1, kThighTwist = .25, kKnee = 1.5, kHandOrFoot = .35;
// Limits of the hinges, and how sharply they hold.
constexpr double kMostElbow = 1.9, kMostKnee = 2.3;
constexpr double kStraightLimit = .03, kBentLimit = .1;
// What bodies are likely: deviations of shape, in those of the file's samples, and of the
// logarithms of the factors. That all lengths grow together is the camera's and the shape's
// business.
constexpr double kShape = .7, kLength = .04, kLengthSum = .1, kGirth = .03;

}  // namespace

FitView MakeFitView(const PersonObservation& observation, double scale, int height, int width) {
  FitView view;
  view.height = height;
  view.width = width;
  double total = 0;
  Vector2d world_middle(0, 0), pixel_middle(0, 0);
  for (size_t i = 0; i < view.landmarks.size(); ++i) {
    const ObservedLandmark& from = observation.landmarks[i];
    view.landmarks[i] = Vector2d(from.x, from.y) * scale;
    view.world[i] = Vector3d(from.world.x, -from.world.y, -from.world.z);
    const bool inside = view.landmarks[i].x() >= 0 && view.landmarks[i].y() >= 0 &&
                        view.landmarks[i].x() < width && view.landmarks[i].y() < height;
    view.weights[i] =
        std::clamp<double>(from.visibility, kLeastVisibility, 1) * (inside ? 1 : kOutsideShare);
    total += view.weights[i];
    world_middle += view.weights[i] * view.world[i].head<2>();
    pixel_middle += view.weights[i] * Vector2d(view.landmarks[i].x(), -view.landmarks[i].y());
  }
  world_middle /= total;
  pixel_middle /= total;
  double both = 0, own = 0;
  for (size_t i = 0; i < view.landmarks.size(); ++i) {
    const Vector2d a = view.world[i].head<2>() - world_middle;
    const Vector2d b = Vector2d(view.landmarks[i].x(), -view.landmarks[i].y()) - pixel_middle;
    both += view.weights[i] * a.dot(b);
    own += view.weights[i] * a.squaredNorm();
  }
  // Landmarks that contradict each other can give no scale, or a negative one.
  view.world_scale = std::max(both / std::max(own, 1e-12), kLeastWorldScale * height);
  return view;
}

void FitProblem::Evaluate(const BodyParameters& parameters,
                          const std::array<bool, kParameterCount>& free, Residuals& out) const {
  const BodyPose pose = body_.Pose(parameters, view_.base);
  PoseDerivatives derivatives;
  body_.Differentiate(parameters, view_.base, pose, free, derivatives);
  const FitCamera camera(parameters, view_.distance);
  AddLandmarks(parameters, camera, pose, derivatives, out);
  AddPriors(parameters, out);
  AddOutline(parameters, camera, pose, derivatives, out);
}

void FitProblem::AddLandmarks(const BodyParameters& p, const FitCamera& camera,
                              const BodyPose& pose, const PoseDerivatives& derivatives,
                              Residuals& out) const {
  const double scale = camera.pixels_per_metre();
  const size_t count = landmarks_.points.size();
  std::vector<double> depths(count);
  std::vector<Eigen::Matrix<double, 1, kParameterCount>> depth_derivatives(count);
  for (size_t i = 0; i < count; ++i) {
    const LandmarkPoint& landmark = landmarks_.points[i];
    const auto seen = static_cast<size_t>(landmark.landmark);
    PointDerivatives by;
    const Vector3d at = Place(landmark.point, p, pose, &derivatives, &by);
    depths[i] = at.z();
    depth_derivatives[i] = by.row(2);
    const double weight = std::sqrt(view_.weights[seen]) / (landmark.deviation * scale);
    const Vector2d off = (camera.Project(at) - view_.landmarks[seen]) * weight;
    PixelDerivatives change = camera.Differentiate(at, by) * weight;
    change.col(kCameraBlock.first) -= off;  // 1 / scale
    // off * (1 + (|off| / c)^2)^(-1/4): as its square near 0, as |off| far away.
    const double ratio = 1 + off.squaredNorm() / (kRobustFrom * kRobustFrom);
    const double factor = std::pow(ratio, -.25);
    const double slope = -.5 * factor / ratio / (kRobustFrom * kRobustFrom);
    const PixelDerivatives robust = factor * change + (slope * off) * (off.transpose() * change);
    for (int axis = 0; axis < 2; ++axis) out.Add(factor * off[axis]) = robust.row(axis);
  }
  for (const DepthPair& pair : landmarks_.pairs) {
    const auto a = static_cast<size_t>(pair.from), b = static_cast<size_t>(pair.to);
    const auto seen_a = static_cast<size_t>(landmarks_.points[a].landmark);
    const auto seen_b = static_cast<size_t>(landmarks_.points[b].landmark);
    const double weight =
        std::sqrt(std::min(view_.weights[seen_a], view_.weights[seen_b])) / kDepthDeviation;
    const double wanted = view_.world_scale / scale * (pair.across_torso ? kAcrossTorso : 1) *
                          (view_.world[seen_b].z() - view_.world[seen_a].z());
    auto row = out.Add((depths[b] - depths[a] - wanted) * weight);
    row = (depth_derivatives[b] - depth_derivatives[a]) * weight;
    row[kCameraBlock.first] += wanted * weight;
  }
}

void FitProblem::AddPriors(const BodyParameters& p, Residuals& out) const {
  const auto near_zero = [&](const ParameterBlock& block, double deviation) {
    for (int k = block.first; k < block.end(); ++k) {
      out.Add(p[static_cast<size_t>(k)] / deviation)[k] = 1 / deviation;
    }
  };
  // The part of a rotation vector along `axis`.
  const auto twist = [&](const ParameterBlock& block, const Vector3d& axis, double centre,
                         double deviation) {
    const Eigen::Map<const Vector3d> vector(p.data() + block.first);
    out.Add((vector.dot(axis) - centre) / deviation).segment<3>(block.first) =
        axis.transpose() / deviation;
  };
  const auto at_least = [&](int k, double limit, double deviation) {
    const double below = limit - p[static_cast<size_t>(k)];
    auto row = out.Add(std::max(0.0, below) / deviation);
    if (below > 0) row[k] = -1 / deviation;
  };
  const auto at_most = [&](int k, double limit, double deviation) {
    const double above = p[static_cast<size_t>(k)] - limit;
    auto row = out.Add(std::max(0.0, above) / deviation);
    if (above > 0) row[k] = 1 / deviation;
  };
  near_zero(kSpineBlock, kSpine);
  near_zero(kNeckBlock, kNeck);
  near_zero(kShapeBlock, kShape);
  near_zero(kLengthBlock, kLength);
  near_zero(kGirthBlock, kGirth);
  double sum = 0;
  for (int k = kLengthBlock.first; k < kLengthBlock.end(); ++k) sum += p[static_cast<size_t>(k)];
  out.Add(sum / kLengthSum)
      .segment<kLengthBlock.count>(kLengthBlock.first)
      .setConstant(1 / kLengthSum);
  for (int side = 0; side < 2; ++side) {
    const SideBlocks& blocks = kSideBlocks[static_cast<size_t>(side)];
    const ArticulatedBody::SideAxes& axes = body_.axes(side);
    near_zero(blocks.clavicle, kClavicle);
    near_zero(blocks.upper_arm, kUpperArm);
    twist(blocks.upper_arm, axes.upper_arm, view_.start_twist[static_cast<size_t>(side)],
          kUpperArmTwist);
    near_zero({blocks.elbow.first, 1}, kElbow);
    near_zero({blocks.elbow.first + 1, 1}, kForearmTwist);
    at_least(blocks.elbow.first, -axes.rest_elbow, kStraightLimit);
    at_most(blocks.elbow.first, kMostElbow, kBentLimit);
    near_zero(blocks.hand, kHandOrFoot);
    near_zero(blocks.thigh, kThigh);
    twist(blocks.thigh, axes.thigh, 0, kThighTwist);
    near_zero(blocks.knee, kKnee);
    at_least(blocks.knee.first, -axes.rest_knee, kStraightLimit);
    at_most(blocks.knee.first, kMostKnee, kBentLimit);
    near_zero(blocks.foot, kHandOrFoot);
  }
}

void FitProblem::AddOutline(const BodyParameters& p, const FitCamera& camera, const BodyPose& pose,
                            const PoseDerivatives& derivatives, Residuals& out) const {
  const double scale = camera.pixels_per_metre();
  PointDerivatives by;
  for (const OutlineMatch& match : outline_) {
    const Vector3d at = Place(match.point, p, pose, &derivatives, &by);
    const double weight = match.weight / scale;
    const double value =
        ((camera.Project(at) - match.from).dot(match.normal) - match.distance) * weight;
    auto row = out.Add(value);
    row = match.normal.transpose() * camera.Differentiate(at, by) * weight;
    row[kCameraBlock.first] -= value;
  }
}

}  // namespace atelier::people
