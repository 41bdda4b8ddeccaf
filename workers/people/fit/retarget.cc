#include "people/fit/retarget.h"

#include <cmath>

#include "people/fit/fit_camera.h"

namespace atelier::people {
namespace {

constexpr size_t kScale = static_cast<size_t>(kCameraBlock.first);
constexpr size_t kX = kScale + 1, kY = kScale + 2;

}  // namespace

TorsoPlace TorsoOf(const BodyFitter& fitter, const FittedBody& fitted) {
  const std::vector<Vec3> joints = fitter.Joints(fitted);
  const Bones& bones = fitter.body().bones();
  const auto middle = [&](const std::array<int, 2>& pair) {
    return (joints[static_cast<size_t>(pair[0])] + joints[static_cast<size_t>(pair[1])]) * .5f;
  };
  const Vec3 shoulders = middle(bones.upper_arm), hips = middle(bones.thigh);
  const FitCamera camera(fitted.parameters, fitted.distance);
  const ScreenPoint above = camera.Screen(shoulders), below = camera.Screen(hips);
  return {static_cast<double>(Length(shoulders - hips)), static_cast<double>(above.x + below.x) / 2,
          static_cast<double>(above.y + below.y) / 2};
}

FittedBody InPoseOf(const BodyFitter& fitter, const FittedBody& source, const FittedBody& target) {
  FittedBody out = target;
  for (const ParameterBlock& block : {kShapeBlock, kLengthBlock, kGirthBlock}) {
    for (int k = block.first; k < block.end(); ++k) {
      out.parameters[static_cast<size_t>(k)] = source.parameters[static_cast<size_t>(k)];
    }
  }
  const TorsoPlace wanted = TorsoOf(fitter, target);
  const double grown = wanted.length / TorsoOf(fitter, out).length;
  out.parameters[kScale] += std::log(grown);
  // The camera stays as many picture heights away.
  out.distance /= grown;
  const TorsoPlace now = TorsoOf(fitter, out);
  out.parameters[kX] += wanted.x - now.x;
  out.parameters[kY] += wanted.y - now.y;
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
