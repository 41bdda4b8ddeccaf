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
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"
#include "people/body.h"
#include "people/fit/observation.h"
#include "people/fit/parameters.h"
#include "people/raster.h"

namespace atelier::people {

/// A body before a camera, in pixels of the picture that it was fitted to.
struct FittedBody {
  BodyParameters parameters{};
  /// What the root's rotation vector is relative to.
  Mat3 base;
  /// Metres from the camera to the body's origin.
  double distance = 10;
};

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
};

struct FitOptions {
  /// Metres that clothes stand off the body in the mean.
  double clothes = .012;
  /// Fits worse than this are refused; 0 = none.
  double least_mask_iou = 0.5;
};

class BodyFitter {
 public:
  explicit BodyFitter(std::shared_ptr<const Body> body);
  ~BodyFitter();

  const Body& body() const;

  /// INVALID_ARGUMENT (INVALID_FIELD) when the mask is empty or has another number of channels than
  /// one; FAILED_PRECONDITION: NO_PERSON when the mask shows nobody or no landmark is in the picture, HEAD_NOT_SEEN when no
  /// landmark of the head is in the picture: front and back cannot be told apart then; FIT_POOR
  /// when the fit covers less of the mask than the options demand.
  Result<BodyFit> Fit(const PersonObservation& observation, const FitOptions& options = {}) const;

  /// Where every vertex of the body falls, in pixels; depth in metres from the camera.
  std::vector<ScreenPoint> Project(const FittedBody& fitted) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace atelier::people
