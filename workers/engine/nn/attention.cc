#include "engine/nn/attention.h"

#include <ATen/record_function.h>

#include "engine/nn/layers.h"

namespace atelier::engine {
namespace {

KeyValue Rows(const KeyValue& all, int64_t begin, int64_t end) {
  return {all.key.slice(0, begin, end), all.value.slice(0, begin, end)};
}

}  // namespace

FaceProjectionsImpl::FaceProjectionsImpl(int64_t context_channels, int64_t channels) {
  to_k_ip_ = register_module("to_k_ip", MakeLinearWithoutBias(context_channels, channels));
  to_v_ip_ = register_module("to_v_ip", MakeLinearWithoutBias(context_channels, channels));
}

KeyValue FaceProjectionsImpl::Project(const torch::Tensor& tokens) {
  return {to_k_ip_(tokens), to_v_ip_(tokens)};
}

AttentionImpl::AttentionImpl(const AttentionOptions& options) : options_(options) {
  const int64_t channels = options.channels;
  to_q_ = register_module("to_q", MakeLinearWithoutBias(channels, channels));
  to_k_ = register_module("to_k", MakeLinearWithoutBias(options.context_channels, channels));
  to_v_ = register_module("to_v", MakeLinearWithoutBias(options.context_channels, channels));
  out_ = Linear(channels, channels);
  register_module("to_out", torch::nn::ModuleList(out_));
  if (!options.face_branch) return;
  processor_ = register_module("processor", FaceProjections(options.context_channels, channels));
}

KeyValue AttentionImpl::Project(const torch::Tensor& context) {
  return {to_k_(context), to_v_(context)};
}

KeyValue AttentionImpl::ProjectFace(const torch::Tensor& tokens) {
  return processor_->Project(tokens);
}

torch::Tensor AttentionImpl::AttendSelf(const torch::Tensor& x, const BlockConditions& conditions) {
  RECORD_USER_SCOPE("self-attention");
  const torch::Tensor query = to_q_(x);
  const KeyValue self = Project(x);
  if (!conditions.reference.defined()) return Out(Attend(query, self));

  const int64_t rows = x.size(0);
  const int64_t plain_rows = rows - conditions.reference.key.size(0);
  if (plain_rows == 0) return Out(AttendReference(query, self, conditions));
  return Out(torch::cat(
      {Attend(query.slice(0, 0, plain_rows), Rows(self, 0, plain_rows)),
       AttendReference(query.slice(0, plain_rows, rows), Rows(self, plain_rows, rows), conditions)},
      0));
}

torch::Tensor AttentionImpl::AttendReference(const torch::Tensor& query, const KeyValue& self,
                                             const BlockConditions& conditions) const {
  const KeyValue& reference = conditions.reference;
  const KeyValue both{torch::cat({self.key, reference.key}, 1),
                      torch::cat({self.value, reference.value}, 1)};
  if (!conditions.keep_reference.defined()) return Attend(query, both);

  const int64_t rows = query.size(0);
  const torch::Tensor keep = conditions.keep_reference.view({rows, 1, 1, 1});
  const torch::Tensor mask =  // [B, 1, 1, T + S]
      torch::cat({torch::ones_like(keep).expand({rows, 1, 1, self.key.size(1)}),
                  keep.expand({rows, 1, 1, reference.key.size(1)})},
                 3);
  return Attend(query, both, mask);
}

torch::Tensor AttentionImpl::AttendTokens(const torch::Tensor& x,
                                          const BlockConditions& conditions) {
  RECORD_USER_SCOPE("attention to tokens");
  // The softmax over a single key is exactly 1: the branch is that token's value everywhere.
  const bool constant = conditions.tokens.value.size(1) == 1;
  if (constant && !conditions.face.defined()) return Out(conditions.tokens.value);

  const torch::Tensor query = to_q_(x);
  torch::Tensor h = constant ? conditions.tokens.value : Attend(query, conditions.tokens);
  if (conditions.face.defined()) h = h + options_.face_scale * Attend(query, conditions.face);
  return Out(h);
}

torch::Tensor AttentionImpl::Attend(const torch::Tensor& query, const KeyValue& context,
                                    const torch::Tensor& mask) const {
  // [B, T, C] -> [B, heads, T, C / heads]
  const auto split = [this](const torch::Tensor& x) {
    return x.unflatten(2, {options_.heads, options_.channels / options_.heads}).transpose(1, 2);
  };
  c10::optional<torch::Tensor> bias;
  if (mask.defined()) bias = mask.expand({-1, -1, query.size(1), -1});
  const torch::Tensor h = at::scaled_dot_product_attention(split(query), split(context.key),
                                                           split(context.value), bias);
  return h.transpose(1, 2).flatten(2);  // [B, T, C]
}

torch::Tensor AttentionImpl::Out(const torch::Tensor& x) { return out_(x); }

}  // namespace atelier::engine
