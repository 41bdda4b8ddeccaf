// BodyFitter: the body that a pose network saw in a photograph.
//
//   BodyFitter fitter(*body);
//   Result<BodyFit> fit = fitter.Fit(observation);
//   // fit->iuv: what models of the project's chart are given; fit->mask_iou: how well it covers
//
// The pose, shape, limb lengths, girths and camera are found by least squares: first from the
// landmarks alone, then five times more with the body's outline drawn towards the mask's.
//
// Thread rule: immutable after construction; any number of threads may call Fit().
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"
#include "people/body/body.h"
#include "people/body/raster.h"
#include "people/fit/observation.h"
#include "people/fit/parameters.h"
#include "people/pose/posed_body.h"

namespace atelier::people {

/// What services call the fitted body as an estimator of IUVs.
inline constexpr char kBodyFitEstimator[] = "body-fit";

/// A body before a camera, in pixels of the picture that it was fitted to.
struct FittedBody {
  BodyParameters parameters{};
  /// What the root's rotation vector is relative to.
  Mat3 base;
  /// Metres from the camera to the body's origin.
  double distance = 10;
};

/// What makes a fit doubtful without preventing it.
struct FitDoubt {
  enum class Kind {
    kOverlap,       // mask_iou; below the limit
    kLandmarks,     // reprojection_error; above the limit
    kHeadTurned,    // degrees between head and torso in the landmarks; above the limit
    kFaceNotFound,  // degrees that the head is turned from the camera; below the limit, yet no face
    kFaceBehind,    // the same; above the limit, yet a face
  };
  Kind kind = Kind::kOverlap;
  double value = 0;
  double limit = 0;
};

enum class Facing { kFront, kBack };

/// Whether all of its numbers are finite and the body is before the camera, not absurdly large.
bool StandsBeforeCamera(const FittedBody& body);

struct BodyFit {
  FittedBody body;
  /// (I, U, V) of the picture's size.
  Image iuv;
  /// As rendered people's: confidence 1, or 0 outside of the picture.
  Keypoints keypoints;
  /// Of every bone, metres in the camera's frame: x to the right, y up, z towards it.
  std::vector<Vec3> joints;
  /// Intersection over union of body and mask, 0..1.
  double mask_iou = 0;
  /// Root mean square distance of visible landmarks from the fitted body's, over the height that
  /// the person has in the picture.
  double reprojection_error = 0;
  /// Where the torso faces, as View::yaw: 0 = the camera, 90 = the picture's right edge, 180 =
  /// away.
  double yaw_degrees = 0;
  std::vector<FitDoubt> doubts;
  /// 0..1: 1 where mask and landmarks agree with the body; below 0.5 where it may be the wrong way
  /// round. No probability.
  double confidence = 0;
};

/// A body whose pose and camera alone were fitted.
struct PoseFit {
  FittedBody body;
  /// As BodyFit's.
  double reprojection_error = 0;
};

struct FitOptions {
  /// Metres that clothes stand off the body in the mean.
  double clothes = .014;
  /// Fits worse than this are refused; 0 = none.
  double least_mask_iou = 0.5;
  /// The side that the person shows, where the caller knows it. Landmarks that say otherwise are
  /// taken to be the wrong way round, and a picture without the head is no error.
  std::optional<Facing> facing = std::nullopt;
  /// Whether a face detector found a face where the head is; nothing = nobody asked. BlazePose
  /// takes some bald or hooded heads from behind for faces; a detector of faces does not.
  std::optional<bool> face_found = std::nullopt;
};

class BodyFitter {
 public:
  explicit BodyFitter(std::shared_ptr<const Body> body);
  ~BodyFitter();

  const Body& body() const;
  std::shared_ptr<const Body> shared_body() const;

  /// INVALID_ARGUMENT (INVALID_FIELD) when the mask is empty or has another number of channels than
  /// one, or the landmarks are no numbers or all in one place. FAILED_PRECONDITION: NO_PERSON when
  /// the mask shows nobody; HEAD_NOT_SEEN when no landmark of the head is in the picture, for front
  /// and back cannot be told apart then; FIT_POOR when body and mask overlap less than the options
  /// demand.
  Result<BodyFit> Fit(const PersonObservation& observation, const FitOptions& options = {}) const;

  /// Pose and camera of a person who has `known`'s shape, lengths and girths. `from`: null, or
  /// where they were shortly before; used where the landmarks agree with it at least as well as
  /// with the pose that Fit() would begin with. `clothes`: as FitOptions'. Errors: INVALID_FIELD,
  /// NO_PERSON and FIT_POOR as Fit(), whatever the overlap.
  Result<PoseFit> FitPose(const PersonObservation& observation, const FittedBody& known,
                          const FittedBody* from, double clothes) const;

  /// Every vertex of skin and eyes, metres in the camera's frame; the others are (0, 0, 0).
  std::vector<Vec3> Vertices(const FittedBody& fitted) const;
  /// Every bone's joint, metres in the camera's frame.
  std::vector<Vec3> Joints(const FittedBody& fitted) const;
  /// Vertices() before the fitted camera.
  PosedBody Pose(const FittedBody& fitted) const;
  /// Where Vertices() fall, in pixels; depth in metres from the camera.
  std::vector<ScreenPoint> Project(const FittedBody& fitted) const;
  /// As BodyFit's, in a picture of any size.
  Keypoints KeypointsOf(const FittedBody& fitted, int height, int width) const;
  /// (I, U, V) of the body before its camera, in a picture of any size.
  Image Iuv(const FittedBody& fitted, int height, int width) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace atelier::people
