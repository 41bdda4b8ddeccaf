#include "people/fit/body_fitter.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "people/body/body_view.h"
#include "people/fit/articulated_body.h"
#include "people/fit/facing.h"
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
/// Of a body whose girths are known.
constexpr std::array<int, 2> kPoseOutlineReach = {24, 16};

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

  struct FitRun;
  FittedBody Solve(const PersonObservation& observation, const FitOptions& options) const;
  FittedBody SolvePose(const PersonObservation& observation, const FittedBody& known,
                       const FittedBody* from, double clothes) const;
  double ReprojectionError(const FittedBody& fitted, const PersonObservation& observation) const;
  BodyFit Describe(const FittedBody& fitted, const PersonObservation& observation) const;
  void Doubt(const PersonObservation& observation, const FitOptions& options, BodyFit& fit) const;
  Keypoints KeypointsOf(const BodyPose& pose, const FitCamera& camera,
                        const std::vector<ScreenPoint>& screen, int height, int width) const;

  std::shared_ptr<const Body> body;
  ArticulatedBody articulated;
  LandmarkPoints landmarks;
};

BodyFitter::BodyFitter(std::shared_ptr<const Body> body)
    : parts_(std::make_unique<const Parts>(std::move(body))) {}
BodyFitter::~BodyFitter() = default;

const Body& BodyFitter::body() const { return *parts_->body; }
std::shared_ptr<const Body> BodyFitter::shared_body() const { return parts_->body; }

std::vector<Vec3> BodyFitter::Vertices(const FittedBody& fitted) const {
  const BodyPose pose = parts_->articulated.Pose(fitted.parameters, ToEigen(fitted.base));
  return parts_->articulated.SkinVertices(fitted.parameters, pose);
}

std::vector<Vec3> BodyFitter::Joints(const FittedBody& fitted) const {
  const BodyPose pose = parts_->articulated.Pose(fitted.parameters, ToEigen(fitted.base));
  std::vector<Vec3> out;
  for (const Vector3d& joint : pose.joints) out.push_back(FromEigen(joint));
  return out;
}

PosedBody BodyFitter::Pose(const FittedBody& fitted) const {
  return {Vertices(fitted), FitCamera(fitted.parameters, fitted.distance).InPicture()};
}

std::vector<ScreenPoint> BodyFitter::Project(const FittedBody& fitted) const {
  return parts_->Screen(fitted.parameters, ToEigen(fitted.base), fitted.distance);
}

Image BodyFitter::Iuv(const FittedBody& fitted, int height, int width) const {
  const std::vector<ScreenPoint> screen = Project(fitted);
  return IuvOf(*parts_->body, screen, DrawSkin(*parts_->body, screen, height, width));
}

Keypoints BodyFitter::KeypointsOf(const FittedBody& fitted, int height, int width) const {
  const BodyPose pose = parts_->articulated.Pose(fitted.parameters, ToEigen(fitted.base));
  const FitCamera camera(fitted.parameters, fitted.distance);
  return parts_->KeypointsOf(pose, camera, Project(fitted), height, width);
}

namespace {

constexpr std::array<int, 5> kHeadLandmarks = {kBlazeNose, kBlazeLeftEye, kBlazeRightEye,
                                               kBlazeLeftEar, kBlazeRightEar};
/// A mask that shows less of the picture than this shows nobody.
constexpr double kLeastMask = 0.002;
/// Landmarks that BlazePose sees as often as not.
constexpr float kSeen = 0.5f;
/// Square metres: twice the area between shoulders and hips, below which they tell no direction.
constexpr float kLeastTorso = 1e-3f;

/// Metres, and pixels that a body may fill: more is no person in a picture.
constexpr double kTallest = 2.5;
constexpr double kMostPixels = 1e6;

// Limits of doubt; docs/photographs.md has what was measured on either side of each.
constexpr double kSureOverlap = .7;
constexpr double kSureReprojection = .03;
constexpr double kMostHeadTurn = 75;
constexpr double kFaceSurelySeen = 50, kFaceSurelyHidden = 120;
// Where the confidence begins and where it is full.
constexpr double kNoOverlap = .5, kFullOverlap = .8;
constexpr double kNoReprojection = .06, kFullReprojection = .02;
constexpr double kWrongWayShare = .4;

bool InPicture(const ObservedLandmark& landmark, const Image& mask) {
  return landmark.x >= 0 && landmark.y >= 0 && landmark.x < static_cast<float>(mask.width) &&
         landmark.y < static_cast<float>(mask.height);
}

Status CheckMask(const Image& mask) {
  if (mask.empty() || mask.channels != 1) {
    return InvalidField("mask", "a picture of one channel",
                        std::to_string(mask.channels) + " channels");
  }
  const auto person = static_cast<double>(
      std::count_if(mask.data.begin(), mask.data.end(), [](uint8_t v) { return v > 127; }));
  if (person < kLeastMask * static_cast<double>(mask.data.size())) {
    return MakeError(Code::kFailedPrecondition, "NO_PERSON", "the mask shows nobody");
  }
  return {};
}

Status CheckLandmarks(const PersonObservation& o) {
  for (const ObservedLandmark& landmark : o.landmarks) {
    const float sum = landmark.x + landmark.y + landmark.visibility + landmark.world.x +
                      landmark.world.y + landmark.world.z;
    if (!std::isfinite(sum)) return InvalidField("landmarks", "numbers", "not a number");
  }
  const auto world = [&](int i) { return o.landmarks[static_cast<size_t>(i)].world; };
  const Vec3 across = world(kBlazeLeftShoulder) - world(kBlazeRightShoulder);
  const Vec3 along = world(kBlazeLeftShoulder) + world(kBlazeRightShoulder) - world(kBlazeLeftHip) -
                     world(kBlazeRightHip);
  if (Length(Cross(across, along)) < kLeastTorso) {
    return InvalidField("landmarks", "those of a person, whose shoulders and hips lie apart",
                        "all of them nearly in a line");
  }
  return {};
}

Status CheckHead(const PersonObservation& o) {
  const bool head = std::any_of(kHeadLandmarks.begin(), kHeadLandmarks.end(), [&](int i) {
    return InPicture(o.landmarks[static_cast<size_t>(i)], o.mask);
  });
  if (head) return {};
  return MakeError(Code::kFailedPrecondition, "HEAD_NOT_SEEN",
                   "the head is outside of the picture: whether the person is seen from the front "
                   "or from behind cannot be told from the rest");
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

/// Of the mask, in pixels.
double HeightOf(const Image& mask) {
  int first = -1, last = -1;
  for (int y = 0; y < mask.height; ++y) {
    const uint8_t* row = mask.at(y, 0);
    if (std::none_of(row, row + mask.width, [](uint8_t v) { return v > 127; })) continue;
    if (first < 0) first = y;
    last = y;
  }
  return last - first + 1;
}

}  // namespace

bool StandsBeforeCamera(const FittedBody& fitted) {
  const auto finite = [](double v) { return std::isfinite(v); };
  const BodyParameters& p = fitted.parameters;
  if (!std::all_of(p.begin(), p.end(), finite)) return false;
  const double size = kTallest * std::exp(p[kCameraBlock.first]);  // pixels
  const double x = std::abs(p[kCameraBlock.first + 1]), y = std::abs(p[kCameraBlock.first + 2]);
  return size < kMostPixels && x < kMostPixels && y < kMostPixels && fitted.distance > kTallest;
}

Result<BodyFit> BodyFitter::Fit(const PersonObservation& given, const FitOptions& options) const {
  ATELIER_RETURN_IF_ERROR(CheckMask(given.mask));
  ATELIER_RETURN_IF_ERROR(CheckLandmarks(given));
  if (!options.facing) ATELIER_RETURN_IF_ERROR(CheckHead(given));
  const bool seen_from_behind = std::abs(ObservedTorsoYaw(given)) > 90;
  const bool turned = options.facing && (*options.facing == Facing::kBack) != seen_from_behind;
  const PersonObservation observation = turned ? TurnedAround(given) : given;
  const FittedBody solved = parts_->Solve(observation, options);
  if (!StandsBeforeCamera(solved)) {
    return MakeError(Code::kFailedPrecondition, "FIT_POOR",
                     "the landmarks contradict each other: no body has them");
  }
  BodyFit fit = parts_->Describe(solved, observation);
  if (fit.mask_iou < options.least_mask_iou) {
    char text[160];
    std::snprintf(text, sizeof text,
                  "mask_iou must be at least %.2f for the fit to be used. Given: %.2f",
                  options.least_mask_iou, fit.mask_iou);
    return MakeError(Code::kFailedPrecondition, "FIT_POOR", text);
  }
  parts_->Doubt(observation, options, fit);
  return fit;
}

Result<PoseFit> BodyFitter::FitPose(const PersonObservation& observation, const FittedBody& known,
                                    const FittedBody* from, double clothes) const {
  ATELIER_RETURN_IF_ERROR(CheckMask(observation.mask));
  ATELIER_RETURN_IF_ERROR(CheckLandmarks(observation));
  const FittedBody solved = parts_->SolvePose(observation, known, from, clothes);
  if (!StandsBeforeCamera(solved)) {
    return MakeError(Code::kFailedPrecondition, "FIT_POOR",
                     "the landmarks contradict each other: no body has them");
  }
  return PoseFit{solved, parts_->ReprojectionError(solved, observation)};
}

void BodyFitter::Parts::Doubt(const PersonObservation& observation, const FitOptions& options,
                              BodyFit& fit) const {
  using Kind = FitDoubt::Kind;
  const auto add = [&](bool doubtful, Kind kind, double value, double limit) {
    if (doubtful) fit.doubts.push_back({kind, value, limit});
    return doubtful;
  };
  add(fit.mask_iou < kSureOverlap, Kind::kOverlap, fit.mask_iou, kSureOverlap);
  add(fit.reprojection_error > kSureReprojection, Kind::kLandmarks, fit.reprojection_error,
      kSureReprojection);
  bool wrong_way = false;
  if (!options.facing) {
    const double head = ObservedHeadYaw(observation);
    const double twist = AngleBetween(head, ObservedTorsoYaw(observation));
    wrong_way = add(twist > kMostHeadTurn, Kind::kHeadTurned, twist, kMostHeadTurn);
    const double turn = AngleBetween(head, 0);
    const bool missed = !options.face_found.value_or(true);
    wrong_way |= add(missed && turn < kFaceSurelySeen, Kind::kFaceNotFound, turn, kFaceSurelySeen);
    wrong_way |= add(options.face_found.value_or(false) && turn > kFaceSurelyHidden,
                     Kind::kFaceBehind, turn, kFaceSurelyHidden);
  }
  const auto share = [](double value, double none, double all) {
    return std::clamp((value - none) / (all - none), 0.0, 1.0);
  };
  fit.confidence = share(fit.mask_iou, kNoOverlap, kFullOverlap) *
                   share(fit.reprojection_error, kNoReprojection, kFullReprojection) *
                   (wrong_way ? kWrongWayShare : 1);
}

/// One fit on its way, in pixels of the working picture. Its parts refer to each other.
struct BodyFitter::Parts::FitRun {
  FitRun(const Parts& of, const PersonObservation& observation, double standing_off)
      : parts(of),
        clothes(standing_off),
        scale(static_cast<double>(kWorkingSize) /
              std::max(observation.mask.height, observation.mask.width)),
        mask(ResizeMask(observation.mask, Side(observation.mask.height),
                        Side(observation.mask.width))),
        view(MakeFitView(observation, scale, mask.height, mask.width)),
        p(StartPose(of.articulated, view)),
        problem(of.articulated, of.landmarks, view) {
    for (int k = 0; k < kShapeBlock.first; ++k) free[static_cast<size_t>(k)] = true;
  }
  FitRun(const FitRun&) = delete;
  FitRun& operator=(const FitRun&) = delete;

  int Side(int pixels) const { return std::max(1, static_cast<int>(std::lround(pixels * scale))); }

  /// Returns the sum of squares.
  double Solve(int evaluations) {
    return Minimize(
        [&](const BodyParameters& at, Residuals& out) { problem.Evaluate(at, free, out); }, free,
        {.most_evaluations = evaluations}, p);
  }

  void SolveOutline(int reach) {
    const std::vector<ScreenPoint> screen = parts.Screen(p, view.base, view.distance);
    const DepthBuffer visible = DrawSkin(*parts.body, screen, mask.height, mask.width);
    problem.set_outline(MatchOutline(*parts.body, parts.articulated, screen, visible,
                                     FitCamera(p, view.distance), mask,
                                     {.reach = reach, .clothes = clothes}));
    Solve(kOutlineEvaluations);
  }

  /// Goes on from `body`'s pose and camera.
  void StartFrom(const FittedBody& body) {
    p = body.parameters;
    ScaleCamera(p, scale);
    view.base =
        RotationOf({p[kRootBlock.first], p[kRootBlock.first + 1], p[kRootBlock.first + 2]}) *
        ToEigen(body.base);
    std::fill_n(p.begin() + kRootBlock.first, kRootBlock.count, 0.0);
    view.distance = body.distance;
  }

  FittedBody Found() const {
    FittedBody found{p, FromEigenMatrix(view.base), view.distance};
    ScaleCamera(found.parameters, 1 / scale);
    return found;
  }

  const Parts& parts;
  const double clothes;
  const double scale;
  const Image mask;
  FitView view;
  BodyParameters p;
  FreeParameters free{};
  FitProblem problem;
};

FittedBody BodyFitter::Parts::Solve(const PersonObservation& observation,
                                    const FitOptions& options) const {
  FitRun run(*this, observation, options.clothes);
  run.Solve(kPoseEvaluations);
  Release(run.free, kShapeBlock);
  Release(run.free, kLengthBlock);
  run.Solve(kJointEvaluations);
  Release(run.free, kGirthBlock);
  for (const int reach : kOutlineReach) run.SolveOutline(reach);
  return run.Found();
}

FittedBody BodyFitter::Parts::SolvePose(const PersonObservation& observation,
                                        const FittedBody& known, const FittedBody* from,
                                        double clothes) const {
  FitRun run(*this, observation, clothes);
  for (int k = kShapeBlock.first; k < kParameterCount; ++k) {
    run.p[static_cast<size_t>(k)] = known.parameters[static_cast<size_t>(k)];
  }
  const double anew = run.Solve(kPoseEvaluations);
  if (from != nullptr) {
    const BodyParameters found = run.p;
    const Matrix3d base = run.view.base;
    const double distance = run.view.distance;
    run.StartFrom(*from);
    if (run.Solve(kPoseEvaluations) > anew) {
      run.p = found;
      run.view.base = base;
      run.view.distance = distance;
    }
  }
  for (const int reach : kPoseOutlineReach) run.SolveOutline(reach);
  return run.Found();
}

BodyFit BodyFitter::Parts::Describe(const FittedBody& fitted,
                                    const PersonObservation& observation) const {
  const Image& mask = observation.mask;
  BodyFit fit;
  fit.body = fitted;
  const BodyParameters& p = fitted.parameters;
  const BodyPose pose = articulated.Pose(p, ToEigen(fitted.base));
  const FitCamera camera(p, fitted.distance);
  const std::vector<ScreenPoint> screen = Screen(p, ToEigen(fitted.base), fitted.distance);
  const DepthBuffer visible = DrawSkin(*body, screen, mask.height, mask.width);
  fit.iuv = IuvOf(*body, screen, visible);
  fit.mask_iou = OverlapWith(mask, visible);
  fit.keypoints = KeypointsOf(pose, camera, screen, mask.height, mask.width);
  for (const Vector3d& joint : pose.joints) fit.joints.push_back(FromEigen(joint));
  const Bones& bones = body->bones();
  const auto at = [&](int bone) { return fit.joints[static_cast<size_t>(bone)]; };
  fit.yaw_degrees = YawOf(TorsoForward(at(bones.upper_arm[kLeft]), at(bones.upper_arm[kRight]),
                                       at(bones.thigh[kLeft]), at(bones.thigh[kRight])));
  fit.reprojection_error = ReprojectionError(fitted, observation);
  return fit;
}

double BodyFitter::Parts::ReprojectionError(const FittedBody& fitted,
                                            const PersonObservation& observation) const {
  const BodyParameters& p = fitted.parameters;
  const BodyPose pose = articulated.Pose(p, ToEigen(fitted.base));
  const FitCamera camera(p, fitted.distance);
  double sum = 0, count = 0;
  for (const LandmarkPoint& landmark : landmarks.points) {
    const ObservedLandmark& seen = observation.landmarks[static_cast<size_t>(landmark.landmark)];
    if (seen.visibility < kSeen || !InPicture(seen, observation.mask)) continue;
    const Vector3d point = Place(landmark.point, p, pose, nullptr, nullptr);
    sum += (camera.Project(point) - Vector2d(seen.x, seen.y)).squaredNorm();
    ++count;
  }
  return count == 0 ? 1 : std::sqrt(sum / count) / HeightOf(observation.mask);
}

Keypoints BodyFitter::Parts::KeypointsOf(const BodyPose& pose, const FitCamera& camera,
                                         const std::vector<ScreenPoint>& screen, int height,
                                         int width) const {
  const Bones& bones = body->bones();
  const auto joint = [&](int bone) { return pose.joints[static_cast<size_t>(bone)]; };
  const auto middle = [&](const std::vector<int>& vertices) {
    Vector2d sum(0, 0);
    for (const int v : vertices) {
      sum += Vector2d(screen[static_cast<size_t>(v)].x, screen[static_cast<size_t>(v)].y);
    }
    return Vector2d(sum / static_cast<double>(vertices.size()));
  };
  std::array<Vector2d, kKeypointCount> at;
  at[0] = middle({body->nose_vertex()});
  at[1] = camera.Project((joint(bones.upper_arm[kLeft]) + joint(bones.upper_arm[kRight])) / 2);
  for (size_t i = 0; i < 2; ++i) {  // OpenPose begins with the right side
    const size_t s = i == 0 ? kRight : kLeft;
    at[2 + 3 * i] = camera.Project(joint(bones.upper_arm[s]));
    at[3 + 3 * i] = camera.Project(joint(bones.lower_arm[s]));
    at[4 + 3 * i] = camera.Project(joint(bones.hand[s]));
    // OpenPose's hip lies lower than the joint, as in labels.cc.
    at[8 + 3 * i] = camera.Project(joint(bones.thigh[s]) * .85 + joint(bones.calf[s]) * .15);
    at[9 + 3 * i] = camera.Project(joint(bones.calf[s]));
    at[10 + 3 * i] = camera.Project(joint(bones.foot[s]));
    at[14 + i] = middle(body->eye_vertices()[s]);
    at[16 + i] = middle(body->ear_vertices()[s]);
  }
  Keypoints out;
  for (size_t i = 0; i < out.size(); ++i) {
    const bool inside = at[i].x() >= 0 && at[i].y() >= 0 && at[i].x() < width && at[i].y() < height;
    out[i] = {static_cast<float>(at[i].x()), static_cast<float>(at[i].y()), inside ? 1.0f : 0.0f};
  }
  return out;
}

}  // namespace atelier::people
