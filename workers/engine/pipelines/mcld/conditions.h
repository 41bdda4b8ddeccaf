// From pictures and embeddings to what the networks read, in one place: painting and training call
// the same functions on batches of tensors. Everything is differentiable where its inputs are.
#pragma once

#include <torch/nn.h>

#include <array>
#include <cstdint>

#include "base/image.h"
#include "engine/models/unet/unet_conditions.h"
#include "engine/models/vae.h"
#include "engine/texture/texture_map.h"

namespace atelier::engine {

/// How an IUV picture becomes channels.
enum class IuvEncoding {
  /// (V, U, I) / 255: MCLD's, which reads OpenCV's file order as RGB.
  kVui,
  /// 25 part channels, then U / 255 and V / 255.
  kOneHot,
};

/// Channels of EncodeIuv().
int64_t IuvChannels(IuvEncoding encoding);

/// [1, C, H, W] uint8 copy of a picture.
at::Tensor ByteTensor(const Image& image);

/// What the image encoder reads of a picture that is not square.
enum class ClipInput {
  /// The middle of it, as CLIPImageProcessor cuts it: MCLD's.
  kCrop,
  /// All of it, squashed: an atlas or a tall picture is seen whole.
  kSquash,
};

/// What the image encoder reads of a picture: float32 [1, 3, size, size], normalised. REQUIRES:
/// RGB.
at::Tensor ClipPixels(const Image& picture, int64_t size, ClipInput input);

/// `iuv` [B, 3, H, W] uint8 (I, U, V) -> float32 [B, IuvChannels, H, W].
at::Tensor EncodeIuv(const at::Tensor& iuv, IuvEncoding encoding);

/// Colours and validity in 0..1, joined: [1, 4, H, W] float32.
at::Tensor WarpTensor(const WarpedTexture& warped);

/// Input of the pose guider: the encoded IUV and, when defined, the warped texture [B, 4, H, W].
at::Tensor PoseGuiderInput(const at::Tensor& encoded_iuv, const at::Tensor& warp);

/// What joins the noisy latents at conv_in: latents of the warped texture and its validity averaged
/// over every latent's pixels. [B, 4, H, W] -> [B, latent + 1, h, w].
at::Tensor WarpLatents(AutoencoderKL& vae, const at::Tensor& warp, double latent_scale);

/// Multi-focal condition aggregation: down = source + face, mid = source + texture + face,
/// up = texture + face. `source`, `texture` [B, D]; `face` [B, F, D].
ConditionTokens StageTokens(const at::Tensor& source, const at::Tensor& texture,
                            const at::Tensor& face);

}  // namespace atelier::engine
