// Convolution and linear layer of the diffusion networks: LibTorch's, with the weights' layout for
// painting on the CPU added.
//
// oneDNN multiplies weights that lie in blocks of its own. LibTorch's layers bring plain weights
// into that layout at every call, which costs up to twice the multiplication itself where pictures
// are small and weights large; its linear layer goes to another library that is slower yet.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <memory>

namespace atelier::engine {

class WinogradConvolution;

class Conv2dImpl : public torch::nn::Conv2dImpl {
 public:
  using torch::nn::Conv2dImpl::Conv2dImpl;
  /// [B, in, h, w] -> [B, out, h', w'], channels-last when packed.
  torch::Tensor forward(const torch::Tensor& x);
  /// See PackForCpu(). Filters (in x out) beyond `most_winograd_filters` stay as large as they are.
  void Pack(int64_t most_winograd_filters);

 private:
  /// Brings the weights into the form that suits pictures of `input_size` [B, in, h, w].
  void PackFor(at::IntArrayRef input_size);

  bool ready_to_paint_ = false;
  int64_t most_winograd_filters_ = 0;
  /// One of the two, once a picture was seen.
  torch::Tensor packed_;
  std::shared_ptr<WinogradConvolution> winograd_;
};
TORCH_MODULE(Conv2d);

class LinearImpl : public torch::nn::LinearImpl {
 public:
  using torch::nn::LinearImpl::LinearImpl;
  /// [..., in] -> [..., out]
  torch::Tensor forward(const torch::Tensor& x);
  /// See PackForCpu().
  void Pack();

 private:
  torch::Tensor packed_;
};
TORCH_MODULE(Linear);

/// How often a network runs for one picture. Those that run at every step get the fastest weights,
/// four times as large where convolutions see large pictures; others where that costs little.
enum class Runs { kOnce, kEveryStep };

/// Brings the weights of every Conv2d and Linear of `module` into oneDNN's layout, one at a time,
/// and gives the plain ones back to the system: from then on the module computes without gradients,
/// has no weights to save, and cannot be moved. Layers that oneDNN has no kernel for
/// stay as they are. REQUIRES: on the CPU.
void PackForCpu(torch::nn::Module& module, Runs runs);

inline torch::nn::GroupNorm MakeGroupNorm(int64_t groups, int64_t channels, double eps) {
  return torch::nn::GroupNorm(torch::nn::GroupNormOptions(groups, channels).eps(eps));
}

/// Stride 1, padding 1.
inline Conv2d MakeConv3x3(int64_t in_channels, int64_t out_channels) {
  return Conv2d(torch::nn::Conv2dOptions(in_channels, out_channels, 3).padding(1));
}

inline Conv2d MakeConv1x1(int64_t in_channels, int64_t out_channels) {
  return Conv2d(torch::nn::Conv2dOptions(in_channels, out_channels, 1));
}

inline Linear MakeLinearWithoutBias(int64_t in_channels, int64_t out_channels) {
  return Linear(torch::nn::LinearOptions(in_channels, out_channels).bias(false));
}

}  // namespace atelier::engine
