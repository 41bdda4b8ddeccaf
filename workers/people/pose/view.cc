#include "people/pose/view.h"

#include "base/random.h"

namespace atelier::people {
namespace {

constexpr uint64_t kCameraStream = 0x63616d;
constexpr uint64_t kSceneStream = 0x7363656e;

float DrawYaw(Random& r) {
  constexpr std::array<double, 4> kWeights = {.45, .2, .2, .15};
  const std::array<float, 4> yaws = {Gaussian(r, 18), Gaussian(r, 45), 180 + Gaussian(r, 25),
                                     Draw(r, -180, 180)};
  return yaws[static_cast<size_t>(Choose(r, kWeights))];
}

Scene DrawScene(Random r) {
  constexpr std::array<double, 4> kWeights = {.45, .25, .2, .1};
  constexpr std::array<float, 4> kWalls = {.95f, .9f, .82f, .72f};
  Scene scene;
  const float wall = kWalls[static_cast<size_t>(Choose(r, kWeights))];
  const float red = Gaussian(r, .016), green = Gaussian(r, .016), blue = Gaussian(r, .016);
  scene.background = {wall + red, wall + green, wall + blue};
  const float x = Gaussian(r, .55);
  scene.light = Unit({x, Draw(r, .4, 1.1), 1});
  scene.ambient = Draw(r, .45, .6);
  return scene;
}

}  // namespace

View View::WithSceneOf(const View& other) const {
  View out = *this;
  out.scene = other.scene;
  return out;
}

View SampleView(uint64_t seed, const ViewOptions& options) {
  Random camera = Random(seed).Fork(kCameraStream);
  constexpr std::array<double, 3> kCrops = {.62, .2, .18};
  View view;
  view.yaw = DrawYaw(camera);
  view.pitch = Gaussian(camera, 4) + 3;
  view.crop = static_cast<Crop>(1 + Choose(camera, kCrops));
  view.margin = Draw(camera, 1.03, 1.11);
  view.shift_x = Draw(camera, -.8, .8);
  view.shift_y = Draw(camera, -.8, .8);
  if (!std::isnan(options.yaw)) view.yaw = static_cast<float>(options.yaw);
  if (options.crop != Crop::kAny) view.crop = options.crop;
  view.scene = DrawScene(Random(seed).Fork(kSceneStream));
  return view;
}

}  // namespace atelier::people
