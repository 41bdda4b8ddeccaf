// People whose fit is known: bodies made from parameters, and what a pose network would see of
// them.
#pragma once

#include <Eigen/Core>

#include "base/random.h"
#include "people/body/body_view.h"
#include "people/fit/articulated_body.h"
#include "people/fit/body_fitter.h"
#include "people/fit/fit_camera.h"
#include "people/fit/landmark_points.h"
#include "people_fixture.h"

namespace atelier::people {

inline const std::shared_ptr<const Body>& SharedBody() {
  static const auto body = Body::Load(ATELIER_PEOPLE_BODY);
  REQUIRE(body.has_value());
  return *body;
}

inline const BodyFitter& TheFitter() {
  static const BodyFitter fitter(SharedBody());
  return fitter;
}

inline const ArticulatedBody& TheArticulatedBody() {
  static const ArticulatedBody articulated(*SharedBody());
  return articulated;
}

inline constexpr int kFitHeight = 256, kFitWidth = 176;

/// A person of `seed` who stands, bends their limbs and is turned by `yaw` degrees; all of them is
/// in a picture of 256 x 176.
inline FittedBody MakePerson(uint64_t seed, double yaw) {
  Random random(seed);
  FittedBody out;
  BodyParameters& p = out.parameters;
  const auto draw = [&](const ParameterBlock& block, double sigma) {
    for (int k = block.first; k < block.end(); ++k) {
      p[static_cast<size_t>(k)] = sigma * random.Uniform(-1, 1);
    }
  };
  draw(kSpineBlock, .1);
  draw(kNeckBlock, .2);
  draw(kShapeBlock, 1);
  draw(kLengthBlock, .04);
  draw(kGirthBlock, .05);
  for (int side = 0; side < 2; ++side) {
    const SideBlocks& blocks = kSideBlocks[static_cast<size_t>(side)];
    draw(blocks.upper_arm, .4);
    draw(blocks.thigh, .15);
    p[static_cast<size_t>(blocks.upper_arm.first + 2)] -= SideSign(side) * .3;
    p[static_cast<size_t>(blocks.elbow.first)] = random.Uniform(-.2, .5);
    p[static_cast<size_t>(blocks.knee.first)] = random.Uniform(.05, .4);
  }
  out.base = Rotation({0, 1, 0}, static_cast<float>(yaw));
  const double scale = kFitHeight / 2.1;
  p[kCameraBlock.first] = std::log(scale);
  p[kCameraBlock.first + 1] = kFitWidth / 2.0;
  p[kCameraBlock.first + 2] = kFitHeight / 2.0;
  out.distance = 5 * 2.1;
  return out;
}

/// What a network without errors would see of `person`.
inline PersonObservation Observe(const FittedBody& person, int height = kFitHeight,
                                 int width = kFitWidth) {
  Eigen::Matrix3d base;
  for (int i = 0; i < 3; ++i) {
    const Vec3& row = person.base.row[static_cast<size_t>(i)];
    base.row(i) << row.x, row.y, row.z;
  }
  const BodyPose pose = TheArticulatedBody().Pose(person.parameters, base);
  const FitCamera camera(person.parameters, person.distance);
  const LandmarkPoints points = MakeLandmarkPoints(*SharedBody(), TheArticulatedBody());
  PersonObservation out;
  for (const LandmarkPoint& landmark : points.points) {
    const Eigen::Vector3d at = Place(landmark.point, person.parameters, pose, nullptr, nullptr);
    const Eigen::Vector2d pixel = camera.Project(at);
    ObservedLandmark& seen = out.landmarks[static_cast<size_t>(landmark.landmark)];
    seen = {static_cast<float>(pixel.x()),
            static_cast<float>(pixel.y()),
            1,
            {static_cast<float>(at.x()), static_cast<float>(-at.y()), static_cast<float>(-at.z())}};
  }
  // The others are not fitted; they lie somewhere near.
  for (size_t i = 0; i < out.landmarks.size(); ++i) {
    if (out.landmarks[i].visibility > 0) continue;
    const int near = i <= kBlazeRightEar + 2 ? kBlazeNose : kBlazeLeftIndex + (i % 2 == 0 ? 1 : 0);
    out.landmarks[i] = out.landmarks[static_cast<size_t>(near)];
  }
  const Vec3 hips =
      (out.landmarks[kBlazeLeftHip].world + out.landmarks[kBlazeRightHip].world) * .5f;
  for (ObservedLandmark& landmark : out.landmarks) landmark.world = landmark.world - hips;
  const DepthBuffer visible = DrawSkin(*SharedBody(), TheFitter().Project(person), height, width);
  out.mask = Image(height, width, 1);
  for (size_t i = 0; i < out.mask.data.size(); ++i) {
    out.mask.data[i] = visible.triangle[i] >= 0 ? 255 : 0;
  }
  return out;
}

inline Image IuvOf(const FittedBody& person) {
  const std::vector<ScreenPoint> screen = TheFitter().Project(person);
  return IuvOf(*SharedBody(), screen, DrawSkin(*SharedBody(), screen, kFitHeight, kFitWidth));
}

/// Share of the truth's pixels with the right part.
inline double RightParts(const Image& iuv, const Image& truth) {
  int right = 0, all = 0;
  for (size_t i = 0; i < truth.data.size(); i += 3) {
    if (truth.data[i] == 0) continue;
    ++all;
    right += iuv.data[i] == truth.data[i];
  }
  return static_cast<double>(right) / all;
}

}  // namespace atelier::people
