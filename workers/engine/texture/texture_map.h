// The 24-part texture atlas: colours of a person by body part and chart position, read from a
// picture and its IUV, and laid over another IUV. Plain C++; shared by training, painting and the
// region service so that all three use the same texture.
//
// Atlas layout ("atlas"): 4 rows x 6 columns of square tiles; part p (1..24) at row (p-1) / 6,
// column (p-1) % 6. Inside a tile row = (255 - V) * (size - 1) / 255, column = U * (size - 1) / 255
// (the axes of MCLD's TextureInterface.get_texture), rounded to the nearest texel.
#pragma once

#include <array>
#include <cstdint>

#include "base/image.h"

namespace atelier::engine {

inline constexpr int kAtlasRows = 4;
inline constexpr int kAtlasColumns = 6;

/// What is known of a texel; 0 = nothing.
inline constexpr uint8_t kTexelSeen = 255;
inline constexpr uint8_t kTexelNear = 128;  // close to seen ones, or its mirrored twin was seen
inline constexpr uint8_t kTexelGuessed = 51;

struct TextureMap {
  /// RGB, [4 * tile, 6 * tile].
  Image colours;
  /// One channel of the above.
  Image validity;
};

/// Texture of `picture` (RGB) under `iuv` (same size), tiles of `tile` pixels, holes filled: a seen
/// part's by smooth (pyramid) averaging of its own pixels (validity 255 where seen, gaps of tile /
/// 24 between seen texels included; 128 within tile / 12 of them; 51 beyond), unseen parts from
/// their mirrored twin (flipped in U, 128), then from the opposite side's mean colours (51), in
/// that order. Pixels beside the background are left out where a part can spare them: they carry
/// its colour. REQUIRES: same height and width; three channels each.
TextureMap ExtractTextureMap(const Image& picture, const Image& iuv, int tile);

/// 255 wherever `texture_map` (RGB, any layout) is not black: the validity of a texture that came
/// without one.
Image ValidityOfTexture(const Image& texture_map);

struct WarpedTexture {
  Image colours;   // RGB, the IUV's size
  Image validity;  // one channel, the IUV's size; 0 outside the person
};

/// Samples the atlas (bilinear inside a tile) at every person pixel of `iuv`; other pixels take
/// `background` (RGB). `texture.colours` must be [4t, 6t].
WarpedTexture WarpTexture(const TextureMap& texture, const Image& iuv, const uint8_t background[3]);

/// What a warped texture shows behind the person: the median, channel by channel, of the picture's
/// outermost kFramePixels rows and columns. A person cut by the frame does not tint it.
inline constexpr int kFramePixels = 4;
std::array<uint8_t, 3> FrameColour(const Image& picture);

}  // namespace atelier::engine
