#include "training/data/pairs.h"

#include "base/random.h"
#include "engine/perception.h"
#include "people/keypoints/keypoint_picture.h"

namespace atelier::training {
namespace {

constexpr int kFaceCropPixels = 64;
/// Training sample streams of the two sets never meet.
constexpr uint64_t kTrainingStream = 0x7261696e;
constexpr uint64_t kHeldOutStream = 0x68656c64;
constexpr uint64_t kSeveralStream = 0x73657665;

Random StreamOf(int64_t index, bool held_out) {
  return Random(static_cast<uint64_t>(index) * 0x9e3779b97f4a7c15ULL +
                (held_out ? kHeldOutStream : kTrainingStream));
}

uint64_t DrawIdentity(Random& random, int64_t index, bool held_out) {
  // Held-out pairs have an identity each; training draws from all the others.
  return held_out ? kHeldOutIdentity + static_cast<uint64_t>(index)
                  : random.Bits() % kHeldOutIdentity;
}

/// All that a pair is drawn as, but the pictures.
struct PairDraw {
  uint64_t identity = 0;
  people::View source_view, target_view;
  people::Pose source_pose, target_pose;
};

PairDraw DrawPair(int64_t index, bool held_out) {
  Random random = StreamOf(index, held_out);
  PairDraw draw;
  draw.identity = DrawIdentity(random, index, held_out);
  draw.source_view = people::SampleView(random.Bits());
  draw.target_view = people::SampleView(random.Bits()).WithSceneOf(draw.source_view);
  draw.source_pose = people::SamplePose(random.Bits());
  draw.target_pose = people::SamplePose(random.Bits());
  return draw;
}

}  // namespace

people::RenderOptions SizeOf(const PairOptions& options) {
  people::RenderOptions render;
  render.height = options.height;
  render.width = options.width;
  return render;
}

Pair RenderPair(const people::Body& body, int64_t index, bool held_out,
                const PairOptions& options) {
  const PairDraw draw = DrawPair(index, held_out);
  const people::Person person = people::SamplePerson(body, draw.identity);
  const people::RenderOptions render = SizeOf(options);

  Pair pair;
  pair.source = people::Render(body, person, draw.source_pose, draw.source_view, render);
  pair.target = people::Render(body, person, draw.target_pose, draw.target_view, render);
  return pair;
}

std::vector<people::Rendering> RenderSeveral(const people::Body& body, int64_t index, int count,
                                             const PairOptions& options) {
  Random random(StreamOf(index, /*held_out=*/false).Bits() ^ kSeveralStream);
  const people::Person person =
      people::SamplePerson(body, DrawIdentity(random, index, /*held_out=*/false));
  const people::View scene = people::SampleView(random.Bits());
  std::vector<people::Rendering> pictures;
  for (int i = 0; i < count; ++i) {
    const people::View view = people::SampleView(random.Bits()).WithSceneOf(scene);
    const people::Pose pose = people::SamplePose(random.Bits());
    pictures.push_back(people::Render(body, person, pose, view, SizeOf(options)));
  }
  return pictures;
}

Pair MakePair(const people::Body& body, int64_t index, bool held_out, const PairOptions& options) {
  Pair pair = RenderPair(body, index, held_out, options);
  pair.texture = engine::ExtractTextureMap(pair.source.rgb, pair.source.iuv, options.tile);
  pair.warped = LayOverTarget(pair.texture, pair);
  const Box face = engine::FaceBoxFromIuv(pair.source.iuv);
  if (!face.empty()) pair.face = engine::CropSquare(pair.source.rgb, face, kFaceCropPixels);
  return pair;
}

std::vector<Image> MakeLineUp(const people::Body& body, int64_t index, int others,
                              const PairOptions& options) {
  const PairDraw draw = DrawPair(index, /*held_out=*/true);
  std::vector<Image> pictures;
  for (int i = 1; i <= others; ++i) {
    const people::Person other =
        people::SamplePerson(body, draw.identity + static_cast<uint64_t>(i));
    pictures.push_back(
        people::Render(body, other, draw.target_pose, draw.target_view, SizeOf(options)).rgb);
  }
  return pictures;
}

engine::WarpedTexture LayOverTarget(const engine::TextureMap& texture, const Pair& pair) {
  return engine::WarpTexture(texture, pair.target.iuv, engine::FrameColour(pair.source.rgb).data());
}

Image PosePicture(const people::Rendering& target) {
  return people::DrawPosePicture(target.keypoints, target.rgb.height, target.rgb.width);
}

people::Rendering MakePicture(const people::Body& body, int64_t index, bool held_out, int height,
                              int width) {
  Random random = StreamOf(index, held_out);
  const people::Person person = people::SamplePerson(body, DrawIdentity(random, index, held_out));
  const people::RenderOptions render = SizeOf({.height = height, .width = width});
  const people::Pose pose = people::SamplePose(random.Bits());
  return people::Render(body, person, pose, people::SampleView(random.Bits()), render);
}

}  // namespace atelier::training
