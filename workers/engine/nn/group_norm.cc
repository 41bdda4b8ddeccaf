#include "engine/nn/group_norm.h"

#include "engine/cpu/group_norm_kernel.h"

namespace atelier::engine {
namespace {

GroupNormWeights WeightsOf(const torch::nn::GroupNormImpl& norm) {
  return {.groups = norm.options.num_groups(),
          .weight = norm.weight,
          .bias = norm.bias,
          .epsilon = norm.options.eps()};
}

bool HasOwnKernel(const torch::nn::GroupNormImpl& norm, const at::Tensor& x) {
  return !at::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == at::kFloat &&
         norm.weight.scalar_type() == at::kFloat && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

at::Tensor Normalize(torch::nn::GroupNorm& norm, const at::Tensor& x) {
  return HasOwnKernel(*norm, x) ? NormalizeChannelsLast(WeightsOf(*norm), x, /*silu=*/false)
                                : norm(x);
}

at::Tensor NormalizeSilu(torch::nn::GroupNorm& norm, const at::Tensor& x) {
  return HasOwnKernel(*norm, x) ? NormalizeChannelsLast(WeightsOf(*norm), x, /*silu=*/true)
                                : at::silu(norm(x));
}

}  // namespace atelier::engine
