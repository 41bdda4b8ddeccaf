// Training and evaluation pairs: one rendered person twice, as source and as target.
//
// Identities with a seed of kHeldOutIdentity or more are never trained on.
#pragma once

#include <cstdint>
#include <vector>

#include "base/image.h"
#include "engine/texture/texture_map.h"
#include "people/render/render.h"

namespace atelier::training {

inline constexpr uint64_t kHeldOutIdentity = 9'000'000;

struct PairOptions {
  int height = 256;
  int width = 176;
  /// Side of a texture atlas tile.
  int tile = 48;
};

/// How a picture of a pair is rendered.
people::RenderOptions SizeOf(const PairOptions& options);

struct Pair {
  people::Rendering source;
  people::Rendering target;
  /// The source's texture, and the same laid over the target's IUV on the source's background.
  engine::TextureMap texture;
  engine::WarpedTexture warped;
  /// Square crop of the source's face; empty when the face is not seen.
  Image face;
};

/// The source and target pictures of the pair number `index` of the training set, or of the
/// held-out set, alone. They share background and light: a random target background could not be
/// known.
Pair RenderPair(const people::Body& body, int64_t index, bool held_out, const PairOptions& options);

/// One person of the training set in `count` poses and views, in one light before one background;
/// none of them is a picture of a pair. REQUIRES: count > 0.
std::vector<people::Rendering> RenderSeveral(const people::Body& body, int64_t index, int count,
                                             const PairOptions& options);

/// RenderPair(), and all that is made of the source.
Pair MakePair(const people::Body& body, int64_t index, bool held_out, const PairOptions& options);

/// Who else the target could be: pictures of `others` other held-out people in the pose, view and
/// light of the held-out pair `index`'s target.
std::vector<Image> MakeLineUp(const people::Body& body, int64_t index, int others,
                              const PairOptions& options);

/// `texture` laid over the pair's target pose, on the source's background.
engine::WarpedTexture LayOverTarget(const engine::TextureMap& texture, const Pair& pair);

/// What a model that reads keypoints is given of `target`: people::DrawPosePicture().
Image PosePicture(const people::Rendering& target);

/// One rendered picture of training identity and view number `index`.
people::Rendering MakePicture(const people::Body& body, int64_t index, bool held_out, int height,
                              int width);

}  // namespace atelier::training
