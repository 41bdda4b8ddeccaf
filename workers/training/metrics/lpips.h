// LPIPS 0.1 (Zhang et al. 2018): lpips.LPIPS(net="alex" | "vgg"). Module names equal its keys.
#pragma once

#include <torch/nn.h>

#include <string>
#include <vector>

#include "engine/weights/safetensors.h"

namespace atelier::training {

enum class LpipsTrunk { kAlex, kVgg };

/// One convolution of torchvision's `features`, by its number there, and the slice of lpips it is
/// in.
struct TrunkConv {
  int number;
  int slice;  // 1..5
  int64_t in, out;
  int64_t kernel, stride, padding;
  /// A pooling comes before it (AlexNet 3x3, VGG 2x2, stride 2).
  bool pooled;
};

const std::vector<TrunkConv>& ConvsOf(LpipsTrunk trunk);

class LpipsImpl : public torch::nn::Module {
 public:
  explicit LpipsImpl(LpipsTrunk trunk);
  /// Two batches [B, 3, H, W] in 0..1 -> distances [B].
  at::Tensor forward(const at::Tensor& a, const at::Tensor& b);

 private:
  /// After the ReLU that ends each slice, every pixel's channels scaled to length one.
  std::vector<at::Tensor> Features(const at::Tensor& pictures);

  LpipsTrunk trunk_;
  std::vector<torch::nn::Conv2d> convs_, lins_;
};
TORCH_MODULE(Lpips);

/// Keys of torchvision's trunk under lpips' names; what the distance does not use (classifier, the
/// second listing "lins", the constant scaling layer) left out.
engine::TensorMap WithLpipsKeys(const engine::TensorMap& tensors, LpipsTrunk trunk);

}  // namespace atelier::training
