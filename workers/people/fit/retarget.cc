#include "people/fit/retarget.h"

#include <cmath>

#include "people/fit/fit_camera.h"

namespace atelier::people {
namespace {

constexpr size_t kScale = static_cast<size_t>(kCameraBlock.first);
constexpr size_t kX = kScale + 1, kY = kScale + 2;

struct Torso {
  double length = 0;       // metres, from the hips' middle to the shoulders'
  Eigen::Vector2d middle;  // of both, pixels
};

Torso TorsoOf(const BodyFitter& fitter, const FittedBody& fitted) {
  const std::vector<Vec3> joints = fitter.Joints(fitted);
  const Bones& bones = fitter.body().bones();
  const auto middle = [&](const std::array<int, 2>& pair) {
    return (joints[static_cast<size_t>(pair[0])] + joints[static_cast<size_t>(pair[1])]) * .5f;
  };
  const Vec3 shoulders = middle(bones.upper_arm), hips = middle(bones.thigh);
  const FitCamera camera(fitted.parameters, fitted.distance);
  const ScreenPoint above = camera.Screen(shoulders), below = camera.Screen(hips);
  return {static_cast<double>(Length(shoulders - hips)),
          Eigen::Vector2d(above.x + below.x, above.y + below.y) / 2};
}

}  // namespace

FittedBody InPoseOf(const BodyFitter& fitter, const FittedBody& source, const FittedBody& target) {
  FittedBody out = target;
  for (const ParameterBlock& block : {kShapeBlock, kLengthBlock, kGirthBlock}) {
    for (int k = block.first; k < block.end(); ++k) {
      out.parameters[static_cast<size_t>(k)] = source.parameters[static_cast<size_t>(k)];
    }
  }
  const Torso wanted = TorsoOf(fitter, target);
  const double grown = wanted.length / TorsoOf(fitter, out).length;
  out.parameters[kScale] += std::log(grown);
  // The camera stays as many picture heights away.
  out.distance /= grown;
  const Eigen::Vector2d off = wanted.middle - TorsoOf(fitter, out).middle;
  out.parameters[kX] += off.x();
  out.parameters[kY] += off.y();
  return out;
}

FittedBody InPicture(const FittedBody& fitted, double scale, double x, double y) {
  FittedBody out = fitted;
  out.parameters[kScale] += std::log(scale);
  out.parameters[kX] = out.parameters[kX] * scale + x;
  out.parameters[kY] = out.parameters[kY] * scale + y;
  return out;
}

}  // namespace atelier::people
