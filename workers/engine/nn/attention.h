// Multi-head attention of the UNets: self-attention that can also read a reference image's tokens,
// and attention to condition tokens with a second, face-only branch (IP-adapter). Member names
// equal diffusers' keys.
//
// Keys and values of everything that does not change between denoising steps (reference features,
// condition tokens) are projected once by Project*() and handed back to the attention at each step.
#pragma once

#include <torch/nn.h>

#include <cstdint>

#include "engine/nn/layers.h"

namespace atelier::engine {

/// Projected tokens, [B, tokens, C] each; undefined = nothing to read.
struct KeyValue {
  torch::Tensor key;
  torch::Tensor value;
  bool defined() const { return value.defined(); }
};

/// What one transformer block reads of the conditions.
struct BlockConditions {
  /// CLIP tokens; of the last rows alone when the rows before them are unconditional.
  KeyValue tokens;
  KeyValue face;       // face tokens of the same rows
  KeyValue reference;  // reference features; the last rows alone when some rows have none
  /// Bool [rows of `reference`]; false = that row does not see its reference. Undefined: all true.
  torch::Tensor keep_reference;
};

struct AttentionOptions {
  int64_t channels = 0;
  int64_t heads = 1;
  /// Width of the tokens that keys and values come from.
  int64_t context_channels = 0;
  /// Adds processor.to_k_ip / to_v_ip.
  bool face_branch = false;
  /// Weight of the face branch.
  double face_scale = 1.0;
};

/// to_k_ip and to_v_ip of IPAttnProcessor2_0.
class FaceProjectionsImpl : public torch::nn::Module {
 public:
  FaceProjectionsImpl(int64_t context_channels, int64_t channels);
  KeyValue Project(const torch::Tensor& tokens);

 private:
  Linear to_k_ip_{nullptr}, to_v_ip_{nullptr};
};
TORCH_MODULE(FaceProjections);

class AttentionImpl : public torch::nn::Module {
 public:
  explicit AttentionImpl(const AttentionOptions& options);

  KeyValue Project(const torch::Tensor& context);
  /// REQUIRES: the face branch.
  KeyValue ProjectFace(const torch::Tensor& tokens);
  bool has_face_branch() const { return !processor_.is_empty(); }

  /// Self-attention over `x` [B, T, C]. The last rows (as many as conditions.reference has) attend
  /// to their reference too; the rows before them to themselves alone.
  torch::Tensor AttendSelf(const torch::Tensor& x, const BlockConditions& conditions);

  /// Attention of `x` [B, T, C] to the condition tokens; [B, T, C], or [B, 1, C] when the result is
  /// the same at every position.
  torch::Tensor AttendTokens(const torch::Tensor& x, const BlockConditions& conditions);

  /// What AttendTokens() gives for tokens that are all zero, at every position: [C]. Projections
  /// without bias make zero keys and values of them.
  const torch::Tensor& UnconditionalTokens() const { return out_->bias; }

 private:
  torch::Tensor Attend(const torch::Tensor& query, const KeyValue& context,
                       const torch::Tensor& mask = {}) const;
  torch::Tensor AttendReference(const torch::Tensor& query, const KeyValue& self,
                                const BlockConditions& conditions) const;
  torch::Tensor Out(const torch::Tensor& x);

  AttentionOptions options_;
  Linear to_q_{nullptr}, to_k_{nullptr}, to_v_{nullptr}, out_{nullptr};
  FaceProjections processor_{nullptr};
};
TORCH_MODULE(Attention);

}  // namespace atelier::engine
