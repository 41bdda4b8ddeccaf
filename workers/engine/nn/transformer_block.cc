#include "engine/nn/transformer_block.h"

#include <ATen/record_function.h>

#include <vector>

#include "engine/nn/group_norm.h"
#include "engine/nn/layers.h"

namespace atelier::engine {
namespace {

constexpr int64_t kFeedForwardFactor = 4;
/// Tokens whose eight times wider intermediates stay in a processor's cache.
constexpr int64_t kTokensAtOnce = 512;
constexpr double kTransformerNormEps = 1e-6;

torch::nn::LayerNorm MakeLayerNorm(int64_t channels) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions(std::vector<int64_t>{channels}));
}

/// Holds the projection under diffusers' key "net.0.proj".
class GegluImpl : public torch::nn::Module {
 public:
  explicit GegluImpl(Linear proj) { register_module("proj", std::move(proj)); }
};
TORCH_MODULE(Geglu);

}  // namespace

FeedForwardImpl::FeedForwardImpl(int64_t channels) {
  const int64_t inner = channels * kFeedForwardFactor;
  proj_ = Linear(channels, 2 * inner);
  out_ = Linear(inner, channels);
  // net.1 is diffusers' dropout, which has no weights.
  register_module("net", torch::nn::ModuleList(Geglu(proj_), torch::nn::Identity(), out_));
}

torch::Tensor FeedForwardImpl::forward(const torch::Tensor& x) {
  RECORD_USER_SCOPE("feed-forward");
  const auto run = [this](const torch::Tensor& tokens) {
    const auto halves = proj_(tokens).chunk(2, -1);
    return out_(halves[0] * torch::gelu(halves[1]));
  };
  const int64_t tokens = x.size(0) * x.size(1);
  if (at::GradMode::is_enabled() || !x.is_cpu() || tokens <= kTokensAtOnce) return run(x);
  std::vector<torch::Tensor> results;
  for (const torch::Tensor& slice : x.flatten(0, 1).split(kTokensAtOnce))
    results.push_back(run(slice));
  return torch::cat(results, 0).view_as(x);
}

BasicTransformerBlockImpl::BasicTransformerBlockImpl(const TransformerOptions& options) {
  const int64_t channels = options.channels;
  AttentionOptions self{.channels = channels, .heads = options.heads, .context_channels = channels};
  AttentionOptions cross{.channels = channels,
                         .heads = options.heads,
                         .context_channels = options.context_channels,
                         .face_branch = options.face_branch,
                         .face_scale = options.face_scale};
  norm1_ = register_module("norm1", MakeLayerNorm(channels));
  attn1_ = register_module("attn1", Attention(self));
  norm2_ = register_module("norm2", MakeLayerNorm(channels));
  attn2_ = register_module("attn2", Attention(cross));
  norm3_ = register_module("norm3", MakeLayerNorm(channels));
  ff_ = register_module("ff", FeedForward(channels));
}

BlockConditions BasicTransformerBlockImpl::Prepare(const torch::Tensor& tokens,
                                                   const torch::Tensor& face,
                                                   const torch::Tensor& reference) {
  BlockConditions conditions;
  conditions.tokens = attn2_->Project(tokens);
  if (face.defined()) conditions.face = attn2_->ProjectFace(face);
  if (reference.defined()) conditions.reference = attn1_->Project(reference);
  return conditions;
}

torch::Tensor BasicTransformerBlockImpl::forward(const torch::Tensor& x,
                                                 const BlockConditions& conditions,
                                                 torch::Tensor* features) {
  const torch::Tensor normed = norm1_(x);
  if (features != nullptr) *features = normed;
  torch::Tensor h = x + attn1_->AttendSelf(normed, conditions);
  h = AddTokens(h, conditions);
  return h + ff_(norm3_(h));
}

torch::Tensor BasicTransformerBlockImpl::AddTokens(const torch::Tensor& h,
                                                   const BlockConditions& conditions) {
  const int64_t rows = h.size(0), unconditional = rows - conditions.tokens.value.size(0);
  if (unconditional == 0) return h + attn2_->AttendTokens(norm2_(h), conditions);
  const torch::Tensor conditional = h.slice(0, unconditional, rows);
  return torch::cat({h.slice(0, 0, unconditional) + attn2_->UnconditionalTokens(),
                     conditional + attn2_->AttendTokens(norm2_(conditional), conditions)},
                    0);
}

Transformer2DImpl::Transformer2DImpl(const TransformerOptions& options) {
  const int64_t channels = options.channels;
  norm_ = register_module("norm", MakeGroupNorm(options.groups, channels, kTransformerNormEps));
  if (options.linear_projection) {
    linear_in_ = register_module("proj_in", Linear(channels, channels));
  } else {
    proj_in_ = register_module("proj_in", MakeConv1x1(channels, channels));
  }
  block_ = BasicTransformerBlock(options);
  register_module("transformer_blocks", torch::nn::ModuleList(block_));
  if (options.linear_projection) {
    linear_out_ = register_module("proj_out", Linear(channels, channels));
  } else {
    proj_out_ = register_module("proj_out", MakeConv1x1(channels, channels));
  }
}

torch::Tensor Transformer2DImpl::ToTokens(const torch::Tensor& x) {
  const auto tokens = [](const torch::Tensor& picture) {
    return picture.flatten(2).transpose(1, 2);
  };
  if (linear_in_) return linear_in_(tokens(x).contiguous());
  return tokens(proj_in_(x)).contiguous();
}

torch::Tensor Transformer2DImpl::ToPicture(const torch::Tensor& tokens, const torch::Tensor& like) {
  const auto picture = [&](const torch::Tensor& t) {  // channels last, then as `like`
    return t.transpose(1, 2)
        .unflatten(2, {like.size(2), like.size(3)})
        .contiguous(like.suggest_memory_format());
  };
  return linear_out_ ? picture(linear_out_(tokens)) : proj_out_(picture(tokens));
}

torch::Tensor Transformer2DImpl::forward(const torch::Tensor& x, const BlockConditions& conditions,
                                         torch::Tensor* features) {
  const torch::Tensor h = block_(ToTokens(Normalize(norm_, x)), conditions, features);
  return ToPicture(h, x) + x;
}

}  // namespace atelier::engine
