// Pictures to latents and back, as every latent pipeline does it around its networks.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/models/vae.h"

namespace atelier::engine {

/// Pixels to one latent, a side.
inline constexpr int64_t kLatentPixels = 8;

/// Scaled mean latents of `picture` [B, 3, H, W] in 0..1: [B, latent, h, w].
at::Tensor EncodeLatents(AutoencoderKL& vae, const at::Tensor& picture, double latent_scale);

enum class PictureSize { kWhole, kHalf };

/// Pictures [B, 3, H, W] in 0..1, float32, of scaled latents; decoded one at a time. NaN where the
/// decoder's number is not finite. kHalf: half the sides and a cheap look only.
at::Tensor DecodeLatents(AutoencoderKL& vae, const at::Tensor& latents, double latent_scale,
                         PictureSize size = PictureSize::kWhole);

}  // namespace atelier::engine
