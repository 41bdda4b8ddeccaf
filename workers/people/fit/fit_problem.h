// FitProblem: what the fit of one person minimises.
//
// Lengths in metres are divided by what they may be off by, so that every residual is of order 1
// where the fit is good: landmarks in the picture, differences in depth of the world landmarks,
// what bodies and poses are likely, and the outline's distance from the mask's.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "people/fit/articulated_body.h"
#include "people/fit/fit_camera.h"
#include "people/fit/landmark_points.h"
#include "people/fit/least_squares.h"
#include "people/fit/observation.h"

namespace atelier::people {

/// A point of the body's outline that should move along the outline's normal.
struct OutlineMatch {
  SkinPoint point;
  Eigen::Vector2d from;    // where the point is now, pixels
  Eigen::Vector2d normal;  // outward, unit
  double distance = 0;     // pixels
  double weight = 0;       // per metre
};

/// The observation in pixels of the picture that the fit works in, and where it began.
struct FitView {
  int height = 0;
  int width = 0;
  std::array<Eigen::Vector2d, kObservedLandmarkCount> landmarks;
  std::array<double, kObservedLandmarkCount> weights{};  // 0..1
  /// Metres: x to the right, y up, z towards the camera.
  std::array<Eigen::Vector3d, kObservedLandmarkCount> world;
  /// Pixels for a metre of the world landmarks, by least squares.
  double world_scale = 1;
  /// What the root's rotation is relative to.
  Eigen::Matrix3d base = Eigen::Matrix3d::Identity();
  /// Of the camera, metres.
  double distance = 10;
  /// Radians that the upper arms are turned about themselves, which landmarks say little of: the
  /// elbow bends as it does where the fit begins.
  std::array<double, 2> start_twist{};
};

/// `observation`'s landmarks, `scale` working pixels for each of the picture's. What
/// StartPose() sets is left.
FitView MakeFitView(const PersonObservation& observation, double scale, int height, int width);

class FitProblem {
 public:
  FitProblem(const ArticulatedBody& body, const LandmarkPoints& landmarks, const FitView& view)
      : body_(body), landmarks_(landmarks), view_(view) {}

  void set_outline(std::vector<OutlineMatch> outline) { outline_ = std::move(outline); }

  void Evaluate(const BodyParameters& parameters, const std::array<bool, kParameterCount>& free,
                Residuals& out) const;

 private:
  void AddLandmarks(const BodyParameters& p, const FitCamera& camera, const BodyPose& pose,
                    const PoseDerivatives& derivatives, Residuals& out) const;
  void AddPriors(const BodyParameters& p, Residuals& out) const;
  void AddOutline(const BodyParameters& p, const FitCamera& camera, const BodyPose& pose,
                  const PoseDerivatives& derivatives, Residuals& out) const;

  const ArticulatedBody& body_;
  const LandmarkPoints& landmarks_;
  const FitView& view_;
  std::vector<OutlineMatch> outline_;
};

}  // namespace atelier::people
