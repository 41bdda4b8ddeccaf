// How much an error in each channel of the latents counts.
#pragma once

#include <ATen/ATen.h>

#include "engine/models/vae.h"

namespace atelier::training {

/// [1, C, 1, 1], one on average: by the channel's amplitude. Otherwise fine detail, which cannot be
/// predicted, would outweigh colours. Ones for a published VAE.
at::Tensor ChannelWeights(const engine::VaeConfig& vae);

}  // namespace atelier::training
