// What a denoising UNet reads besides the noisy latents.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/nn/attention.h"

namespace atelier::engine {

/// Condition tokens per stage, [B, n, D] each: CLIP tokens first, face tokens last.
struct ConditionTokens {
  torch::Tensor down;
  torch::Tensor mid;
  torch::Tensor up;
};

/// Normalised hidden states of a reference network: transformer block name
/// ("down_blocks.0.attentions.0.transformer_blocks.0") -> [B, tokens, C].
using ReferenceFeatures = std::map<std::string, torch::Tensor>;

/// The features rounded to float16 and back, as MCLD's reference reader does even in float32.
ReferenceFeatures RoundToHalf(const ReferenceFeatures& features);

/// The conditions projected for every transformer block, in forward order. Made by UNet::Prepare()
/// once per batch of images, read at every step.
struct PreparedConditions {
  std::vector<BlockConditions> blocks;
  /// [B, time_channels], UNet::EmbedClass(): added to the time embedding; may be undefined.
  torch::Tensor class_embedding;
};

}  // namespace atelier::engine
