// The published denoising step, written down as the authors' Python runs it and no better: the
// yardstick that the engine's step is timed and compared against.
//
// Kept on purpose: keys and values of the reference projected at every step; the whole guided batch
// reading the reference before the unconditional half is computed again without it; attention over
// the zero tokens of that half; the attention maps that nobody reads; contiguous NCHW pictures.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/models/unet/unet_conditions.h"
#include "engine/models/unet/unet_config.h"
#include "engine/weights/safetensors.h"

namespace atelier::bench {

class PublishedUNet {
 public:
  /// `weights` by the published keys; convolutions are copied into NCHW where they are not.
  PublishedUNet(engine::UNetConfig config, const engine::TensorMap& weights);

  /// One forward pass. Every row of the guided batch has tokens and reference features,
  /// unconditional rows first: `sample` [2B, 4, h, w], `timestep` the same for all,
  /// `tokens` [2B, n, D] per stage, `reference` [2B, S, C] per block. FPDM has no reference (empty)
  /// and one vector more per row, `class_vectors`, which joins the time embedding.
  at::Tensor Forward(const at::Tensor& sample, int64_t timestep,
                     const engine::ConditionTokens& tokens, const at::Tensor& pose_features,
                     const engine::ReferenceFeatures& reference,
                     const at::Tensor& class_vectors = {});

 private:
  const at::Tensor& Weight(const std::string& name) const { return weights_.at(name); }
  at::Tensor Bias(const std::string& name) const;
  at::Tensor Conv(const std::string& name, const at::Tensor& x, int64_t stride = 1) const;
  at::Tensor Linear(const std::string& name, const at::Tensor& x) const;
  at::Tensor GroupNorm(const std::string& name, const at::Tensor& x, double eps) const;
  at::Tensor LayerNorm(const std::string& name, const at::Tensor& x) const;
  at::Tensor Resnet(const std::string& name, const at::Tensor& x, const at::Tensor& time) const;
  at::Tensor Attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                    int64_t heads) const;
  at::Tensor SelfAttention(const std::string& name, const at::Tensor& x, const at::Tensor& context,
                           int64_t heads) const;
  at::Tensor TokenAttention(const std::string& name, const at::Tensor& x, const at::Tensor& tokens,
                            int64_t heads) const;
  at::Tensor ReadReference(const std::string& block, const at::Tensor& normed, const at::Tensor& h,
                           int64_t heads, const engine::ReferenceFeatures& reference) const;
  /// Stable Diffusion 2 has linear layers where 1.5 has 1x1 convolutions.
  bool IsLinear(const std::string& name) const { return Weight(name + ".weight").dim() == 2; }
  /// [B, C, h, w] -> [B, h * w, C], and back.
  at::Tensor ProjectIn(const std::string& name, const at::Tensor& x) const;
  at::Tensor ProjectOut(const std::string& name, const at::Tensor& tokens,
                        const at::Tensor& like) const;
  at::Tensor Transformer(const std::string& name, const at::Tensor& x, const at::Tensor& tokens,
                         int64_t heads, const engine::ReferenceFeatures& reference) const;

  engine::UNetConfig config_;
  engine::TensorMap weights_;
};

}  // namespace atelier::bench
