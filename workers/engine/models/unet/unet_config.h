// Sizes of a UNet, as diffusers' config.json states them, with the few settings of our own.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/result.h"

namespace atelier::engine {

struct UNetConfig {
  /// Channels of the noisy latents.
  int64_t in_channels = 4;
  int64_t out_channels = 4;
  /// Channels joined to the latents at conv_in (warped texture latents and their validity).
  int64_t extra_in_channels = 0;
  std::vector<int64_t> block_out_channels;
  /// Per level, from the finest: does it have attention?
  std::vector<bool> attention;
  /// Attention heads per level (diffusers calls them attention_head_dim).
  std::vector<int64_t> heads;
  int64_t layers_per_block = 2;
  int64_t cross_attention_dim = 768;
  int64_t norm_num_groups = 32;
  double norm_eps = 1e-5;
  /// A network that only reads a reference image: no conv_norm_out, no conv_out.
  bool is_reference = false;
  /// How many of the last condition tokens are face tokens with keys and values of their own;
  /// 0 = none.
  int64_t face_tokens = 0;
  /// Weight of the face branch of cross-attention.
  double face_scale = 1.0;
  /// Linear layers around the transformer blocks (Stable Diffusion 2), not 1x1 convolutions.
  bool use_linear_projection = false;
  /// Width of the vector whose projection joins the time embedding (FPDM's fusion embedding,
  /// diffusers' projection_class_embeddings_input_dim); 0 = none.
  int64_t class_embedding_dim = 0;
  /// Width between the two layers of that projection; published: 768.
  int64_t class_embedding_hidden = 768;

  int64_t time_channels() const { return 4 * block_out_channels.front(); }
};

/// Reads diffusers' keys and is_reference, face_tokens, ip_adapter_scale, extra_in_channels,
/// class_embedding_hidden; class_embed_type is null or "mlp" (FPDM's projection of two layers).
/// INVALID_ARGUMENT names the key that is missing or not supported.
Result<UNetConfig> ParseUNetConfig(const nlohmann::json& json);

}  // namespace atelier::engine
