#include "engine/nn/layers.h"

#include <array>
#include <limits>

#include "engine/cpu/onednn.h"
#include "engine/cpu/winograd.h"

namespace atelier::engine {
namespace {

/// What a network that runs once a picture may enlarge: the widest convolution of a VAE.
constexpr int64_t kFewFilters = 512 * 512;

/// Keeps dtype and device, which others ask the weight for, and no memory.
void Forget(torch::Tensor& weight) { weight.set_data(at::empty({0}, weight.options())); }

/// A side x side convolution that keeps a picture's size.
bool IsPlain(const onednn::ConvolutionOptions& options, int64_t side) {
  using Sides = std::array<int64_t, 2>;
  return *options.kernel_size() == Sides{side, side} && *options.stride() == Sides{1, 1} &&
         *options.dilation() == Sides{1, 1} && options.groups() == 1 &&
         *std::get<torch::ExpandingArray<2>>(options.padding()) == Sides{side / 2, side / 2};
}

}  // namespace

torch::Tensor Conv2dImpl::forward(const torch::Tensor& x) {
  if (!ready_to_paint_) return torch::nn::Conv2dImpl::forward(x);
  const torch::Tensor picture = x.contiguous(at::MemoryFormat::ChannelsLast);
  if (IsPlain(options, 1)) {  // a linear layer over pixels, in memory too
    const torch::Tensor pixels = picture.permute({0, 2, 3, 1});
    return onednn::Linear(pixels, packed_, bias).permute({0, 3, 1, 2});
  }
  // The layout depends on the size of the picture, so the first one decides.
  if (weight.numel() > 0) PackFor(picture.sizes());
  return winograd_ ? (*winograd_)(picture, bias)
                   : onednn::Convolution(picture, packed_, bias, options);
}

void Conv2dImpl::PackFor(at::IntArrayRef input_size) {
  const torch::Tensor plain = weight.detach();
  if (plain.scalar_type() == at::kFloat && bias.defined() && IsPlain(options, 3) &&
      plain.size(0) * plain.size(1) <= most_winograd_filters_ &&
      WinogradConvolution::Pays(plain, input_size)) {
    winograd_ = std::make_shared<WinogradConvolution>(plain);
  } else {
    packed_ = onednn::PackConvolution(plain, options, input_size);
  }
  Forget(weight);
}

void Conv2dImpl::Pack(int64_t most_winograd_filters) {
  if (ready_to_paint_ || !onednn::Supports(weight.scalar_type())) return;
  if (IsPlain(options, 1)) {
    packed_ = onednn::PackLinear(weight.detach().flatten(1));
    Forget(weight);
  }
  ready_to_paint_ = true;
  most_winograd_filters_ = most_winograd_filters;
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) {
  return packed_.defined() ? onednn::Linear(x, packed_, bias) : torch::nn::LinearImpl::forward(x);
}

void LinearImpl::Pack() {
  if (packed_.defined() || !onednn::Supports(weight.scalar_type())) return;
  packed_ = onednn::PackLinear(weight.detach());
  Forget(weight);
}

void PackForCpu(torch::nn::Module& module, Runs runs) {
  const at::NoGradGuard no_grad;
  const int64_t most_filters =
      runs == Runs::kEveryStep ? std::numeric_limits<int64_t>::max() : kFewFilters;
  module.apply([most_filters](torch::nn::Module& layer) {
    if (auto* convolution = dynamic_cast<Conv2dImpl*>(&layer)) convolution->Pack(most_filters);
    if (auto* linear = dynamic_cast<LinearImpl*>(&layer)) linear->Pack();
  });
}

}  // namespace atelier::engine
