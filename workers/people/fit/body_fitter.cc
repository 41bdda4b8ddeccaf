#include "people/fit/body_fitter.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "people/body_view.h"
#include "people/fit/articulated_body.h"
#include "people/fit/fit_camera.h"
#include "people/fit/fit_problem.h"
#include "people/fit/landmark_points.h"
#include "people/fit/least_squares.h"
#include "people/fit/outline.h"
#include "people/fit/start_pose.h"

namespace atelier::people {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector2d;
using Eigen::Vector3d;

/// Longer side of the picture that the fit works in, pixels.
constexpr int kWorkingSize = 512;
constexpr int kPoseEvaluations = 12, kJointEvaluations = 12, kOutlineEvaluations = 4;
constexpr std::array<int, 5> kOutlineReach = {40, 30, 24, 20, 16};

using FreeParameters = std::array<bool, kParameterCount>;

void Release(FreeParameters& free, const ParameterBlock& block) {
  for (int k = block.first; k < block.end(); ++k) free[static_cast<size_t>(k)] = true;
}

/// The camera's pixels grow by `factor`; the body stays.
void ScaleCamera(BodyParameters& p, double factor) {
  p[kCameraBlock.first] += std::log(factor);
  p[kCameraBlock.first + 1] *= factor;
  p[kCameraBlock.first + 2] *= factor;
}

Matrix3d ToEigen(const Mat3& m) {
  Matrix3d out;
  for (int i = 0; i < 3; ++i) {
    const Vec3& row = m.row[static_cast<size_t>(i)];
    out.row(i) << row.x, row.y, row.z;
  }
  return out;
}
Mat3 FromEigenMatrix(const Matrix3d& m) {
  Mat3 out;
  for (int i = 0; i < 3; ++i) {
    out.row[static_cast<size_t>(i)] = FromEigen(m.row(i).transpose());
  }
  return out;
}

}  // namespace

struct BodyFitter::Parts {
  explicit Parts(std::shared_ptr<const Body> given)
      : body(std::move(given)),
        articulated(*body),
        landmarks(MakeLandmarkPoints(*body, articulated)) {}

  std::vector<ScreenPoint> Screen(const BodyParameters& p, const Matrix3d& base,
                                  double distance) const {
    const BodyPose pose = articulated.Pose(p, base);
    const FitCamera camera(p, distance);
    const std::vector<Vec3> points = articulated.SkinVertices(p, pose);
    std::vector<ScreenPoint> screen(points.size());
    for (size_t v = 0; v < points.size(); ++v) screen[v] = camera.Screen(points[v]);
    return screen;
  }

  std::shared_ptr<const Body> body;
  ArticulatedBody articulated;
  LandmarkPoints landmarks;
};

BodyFitter::BodyFitter(std::shared_ptr<const Body> body)
    : parts_(std::make_unique<const Parts>(std::move(body))) {}
BodyFitter::~BodyFitter() = default;

const Body& BodyFitter::body() const { return *parts_->body; }

std::vector<ScreenPoint> BodyFitter::Project(const FittedBody& fitted) const {
  return parts_->Screen(fitted.parameters, ToEigen(fitted.base), fitted.distance);
}

namespace {

Status CheckObservation(const PersonObservation& o) {
  if (o.mask.empty() || o.mask.channels != 1) {
    return InvalidField("mask", "a picture of one channel",
                        std::to_string(o.mask.channels) + " channels");
  }
  return {};
}

double OverlapWith(const Image& mask, const DepthBuffer& visible) {
  size_t both = 0, either = 0;
  for (size_t i = 0; i < mask.data.size(); ++i) {
    const bool a = mask.data[i] > 127, b = visible.triangle[i] >= 0;
    both += a && b;
    either += a || b;
  }
  return either == 0 ? 0 : static_cast<double>(both) / static_cast<double>(either);
}

}  // namespace

Result<BodyFit> BodyFitter::Fit(const PersonObservation& observation,
                                const FitOptions& options) const {
  ATELIER_RETURN_IF_ERROR(CheckObservation(observation));
  const Image& picture_mask = observation.mask;
  const double scale = static_cast<double>(kWorkingSize) /
                       std::max(picture_mask.height, picture_mask.width);
  const int height = std::max(1, static_cast<int>(std::lround(picture_mask.height * scale)));
  const int width = std::max(1, static_cast<int>(std::lround(picture_mask.width * scale)));
  const Image mask = ResizeMask(picture_mask, height, width);
  FitView view = MakeFitView(observation, scale, height, width);
  BodyParameters p = StartPose(parts_->articulated, view);
  FitProblem problem(parts_->articulated, parts_->landmarks, view);

  FreeParameters free{};
  free.fill(true);
  for (const ParameterBlock& block : {kShapeBlock, kLengthBlock, kGirthBlock}) {
    for (int k = block.first; k < block.end(); ++k) free[static_cast<size_t>(k)] = false;
  }
  const auto solve = [&](int evaluations) {
    Minimize([&](const BodyParameters& at, Residuals& out) { problem.Evaluate(at, free, out); },
             free, {evaluations, 1e-3}, p);
  };
  solve(kPoseEvaluations);
  Release(free, kShapeBlock);
  Release(free, kLengthBlock);
  solve(kJointEvaluations);
  Release(free, kGirthBlock);
  for (const int reach : kOutlineReach) {
    const std::vector<ScreenPoint> screen = parts_->Screen(p, view.base, view.distance);
    const DepthBuffer visible = DrawSkin(*parts_->body, screen, height, width);
    problem.set_outline(MatchOutline(*parts_->body, parts_->articulated, screen, visible,
                                     FitCamera(p, view.distance), mask,
                                     {reach, 420, options.clothes}));
    solve(kOutlineEvaluations);
  }

  BodyFit fit;
  ScaleCamera(p, 1 / scale);
  fit.body = {p, FromEigenMatrix(view.base), view.distance};
  const std::vector<ScreenPoint> screen = Project(fit.body);
  const DepthBuffer visible =
      DrawSkin(*parts_->body, screen, picture_mask.height, picture_mask.width);
  fit.iuv = IuvOf(*parts_->body, screen, visible);
  fit.mask_iou = OverlapWith(picture_mask, visible);
  return fit;
}

}  // namespace atelier::people
