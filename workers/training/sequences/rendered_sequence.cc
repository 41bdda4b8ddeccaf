#include "training/sequences/rendered_sequence.h"

#include <algorithm>
#include <utility>

#include "engine/perception.h"

namespace atelier::training {
namespace {

constexpr int kFaceCropPixels = 64;
/// Degrees: a walk across is seen from the side; the others roughly from the front.
constexpr float kCrossingYaw = 75;
constexpr float kMostYaw = 35;

/// -35..35, well mixed over consecutive numbers.
float YawOf(int index) {
  constexpr uint64_t kMixer = 2654435761;
  const uint64_t mixed = static_cast<uint64_t>(index) * kMixer >> 7;
  return static_cast<float>(mixed % (2 * static_cast<uint64_t>(kMostYaw) + 1)) - kMostYaw;
}

people::RenderOptions RenderOptionsOf(const SequenceOptions& options, int scale) {
  people::RenderOptions render = SizeOf(options.picture);
  render.height *= scale;
  render.width *= scale;
  return render;
}

}  // namespace

SequenceScene SceneOf(const people::Body& body, int index, const SequenceOptions& options) {
  const uint64_t seed = kSequenceIdentity + static_cast<uint64_t>(index);
  SequenceScene scene;
  scene.index = index;
  scene.kind = static_cast<people::MotionKind>(index % people::kMotionKindCount);
  scene.person = people::SamplePerson(body, seed);
  scene.source_pose = people::SamplePose(seed);
  scene.source_view =
      people::SampleView(seed, {.yaw = YawOf(index + 1), .crop = people::Crop::kFull});
  const people::PoseMotion motion(seed, scene.kind);
  people::View view = people::SampleView(seed, {.yaw = 0, .crop = people::Crop::kFull});
  view.shift_x = 0;
  view.shift_y = 0;
  people::Stage stage{motion.Widest(), view, 0};
  const float yaw = scene.kind == people::MotionKind::kCross ? kCrossingYaw : YawOf(index);
  const double length = options.frames / options.frames_per_second;
  for (int frame = 0; frame < options.frames; ++frame) {
    const double seconds = frame / options.frames_per_second;
    view.yaw = yaw + motion.TurnedAt(seconds, length);
    stage.across = motion.AcrossAt(seconds, length);
    scene.frames.push_back({motion.At(seconds), view, stage});
  }
  return scene;
}

std::vector<people::Rendering> RenderFrames(const people::Body& body, const SequenceScene& scene,
                                            const SequenceOptions& options, int scale) {
  std::vector<people::Rendering> frames;
  people::RenderOptions render = RenderOptionsOf(options, scale);
  for (const people::StagedPose& frame : scene.frames) {
    render.stage = &frame.stage;
    frames.push_back(people::Render(body, scene.person, frame.pose, frame.view, render));
  }
  return frames;
}

RenderedSequence RenderSequence(const people::Body& body, const SequenceScene& scene,
                                const SequenceOptions& options) {
  const people::RenderOptions render = RenderOptionsOf(options, 1);
  RenderedSequence out;
  out.source = people::Render(body, scene.person, scene.source_pose, scene.source_view, render);
  out.texture = engine::ExtractTextureMap(out.source.rgb, out.source.iuv, options.picture.tile);
  const Box face = engine::FaceBoxFromIuv(out.source.iuv);
  if (!face.empty()) out.face = engine::CropSquare(out.source.rgb, face, kFaceCropPixels);
  out.frames = RenderFrames(body, scene, options);
  for (size_t t = 0; t < scene.frames.size(); ++t) {
    out.hands.push_back(people::HandsOf(body, scene.person, scene.frames[t], render));
    if (t == 0) continue;
    out.flows.push_back(
        people::TrueFlow(body, scene.person, scene.frames[t - 1], scene.frames[t], render));
  }
  return out;
}

}  // namespace atelier::training
