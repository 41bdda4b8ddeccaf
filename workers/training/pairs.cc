#include "training/pairs.h"

#include "base/random.h"
#include "engine/perception.h"

namespace atelier::training {
namespace {

constexpr int kFaceCropPixels = 64;
/// Training sample streams of the two sets never meet.
constexpr uint64_t kTrainingStream = 0x7261696e;
constexpr uint64_t kHeldOutStream = 0x68656c64;

Random StreamOf(int64_t index, bool held_out) {
  return Random(static_cast<uint64_t>(index) * 0x9e3779b97f4a7c15ULL +
                (held_out ? kHeldOutStream : kTrainingStream));
}

uint64_t DrawIdentity(Random& random, int64_t index, bool held_out) {
  // Held-out pairs have an identity each; training draws from all the others.
  return held_out ? kHeldOutIdentity + static_cast<uint64_t>(index)
                  : random.Bits() % kHeldOutIdentity;
}

}  // namespace

Pair MakePair(const people::Body& body, int64_t index, bool held_out, const PairOptions& options) {
  Random random = StreamOf(index, held_out);
  const people::Person person = people::SamplePerson(body, DrawIdentity(random, index, held_out));
  const people::View source_view = people::SampleView(random.Bits());
  const people::View target_view = people::SampleView(random.Bits()).WithSceneOf(source_view);
  people::RenderOptions render;
  render.height = options.height;
  render.width = options.width;

  Pair pair;
  pair.source =
      people::Render(body, person, people::SamplePose(random.Bits()), source_view, render);
  pair.target =
      people::Render(body, person, people::SamplePose(random.Bits()), target_view, render);
  pair.texture = engine::ExtractTextureMap(pair.source.rgb, pair.source.iuv, options.tile);
  pair.warped = LayOverTarget(pair.texture, pair);
  const Box face = engine::FaceBoxFromIuv(pair.source.iuv);
  if (!face.empty()) pair.face = engine::CropSquare(pair.source.rgb, face, kFaceCropPixels);
  return pair;
}

engine::WarpedTexture LayOverTarget(const engine::TextureMap& texture, const Pair& pair) {
  return engine::WarpTexture(texture, pair.target.iuv, engine::FrameColour(pair.source.rgb).data());
}

people::Rendering MakePicture(const people::Body& body, int64_t index, bool held_out, int height,
                              int width) {
  Random random = StreamOf(index, held_out);
  const people::Person person = people::SamplePerson(body, DrawIdentity(random, index, held_out));
  people::RenderOptions render;
  render.height = height;
  render.width = width;
  const people::Pose pose = people::SamplePose(random.Bits());
  return people::Render(body, person, pose, people::SampleView(random.Bits()), render);
}

}  // namespace atelier::training
