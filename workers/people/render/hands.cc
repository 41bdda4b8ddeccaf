#include "people/render/hands.h"

#include "people/render/posed_mesh.h"

namespace atelier::people {
namespace {

/// Metres that the joint may lie behind what is seen there.
constexpr float kInsideHand = .05f;
constexpr size_t kMiddleFinger = 1;  // of Bones::fingers, which begin with the index finger

}  // namespace

std::array<HandPlace, 2> HandsOf(const Body& body, const Person& person, const StagedPose& frame,
                                 RenderOptions options) {
  options.supersample = 1;
  options.stage = &frame.stage;
  const PosedMesh posed = PoseDressed(body, person, frame.pose, frame.view, options);
  const DepthBuffer visible = DrawDressed(body, person.look, posed, options.height, options.width);
  std::array<HandPlace, 2> hands;
  for (size_t side = 0; side < hands.size(); ++side) {
    const int knuckle = body.bones().fingers[side][kMiddleFinger][0];
    const ScreenPoint at = posed.camera.Project(posed.joints[static_cast<size_t>(knuckle)]);
    const int x = FloorToInt(at.x), y = FloorToInt(at.y);
    const bool inside = x >= 0 && y >= 0 && x < options.width && y < options.height;
    const bool shown =
        inside &&
        at.depth < kInsideHand +
                       visible.depth[static_cast<size_t>(y) * static_cast<size_t>(options.width) +
                                     static_cast<size_t>(x)];
    hands[side] = {at.x, at.y, shown};
  }
  return hands;
}

}  // namespace atelier::people
