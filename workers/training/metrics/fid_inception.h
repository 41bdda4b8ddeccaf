// The InceptionV3 that FID is defined by: pytorch-fid's, which is torchvision's with TensorFlow's
// pooling, or torchvision's own, which FPDM's script reads. Module names equal the keys of
// pt_inception-2015-12-05 and of inception_v3_google-0cc3c7bd.
#pragma once

#include <torch/nn.h>

#include <map>
#include <string>
#include <vector>

namespace atelier::training {

enum class FidKind;

/// A convolution without bias, batch norm (eps 0.001), ReLU: torchvision's BasicConv2d.
struct InceptionConv {
  const char* name;
  int64_t in, out;
  int64_t kernel_height, kernel_width;
  int64_t stride = 1;
  int64_t pad_height = 0, pad_width = 0;
};

class BasicConv2dImpl : public torch::nn::Module {
 public:
  explicit BasicConv2dImpl(const InceptionConv& sizes);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::BatchNorm2d bn_{nullptr};
};
TORCH_MODULE(BasicConv2d);

/// The published classes. pytorch-fid's FIDInceptionA, C and E1 leave the padding out of their
/// averages, and E2, the last block, has a maximum in place of one; torchvision's count the padding
/// and average in the last block, too.
enum class InceptionKind { kA, kB, kC, kD, kE1, kE2 };

/// One "Mixed_*" block: named convolutions whose branches are joined along the channels.
class InceptionBlockImpl : public torch::nn::Module {
 public:
  InceptionBlockImpl(InceptionKind kind, const std::vector<InceptionConv>& convs, FidKind network);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor Chain(at::Tensor x, std::initializer_list<const char*> names);
  at::Tensor Pooled(const at::Tensor& x);

  InceptionKind kind_;
  FidKind network_;
  std::map<std::string, BasicConv2d> convs_;
};
TORCH_MODULE(InceptionBlock);

class FidInceptionImpl : public torch::nn::Module {
 public:
  explicit FidInceptionImpl(FidKind network);
  /// [B, 3, H, W] in 0..1 -> [B, 2048]. The classifier "fc" has weights but is not run.
  at::Tensor forward(const at::Tensor& pictures);

 private:
  void AddStem(const InceptionConv& conv);
  void AddBlock(const char* name, InceptionKind kind, const std::vector<InceptionConv>& convs);

  FidKind network_;
  std::vector<BasicConv2d> stem_;
  std::vector<InceptionBlock> blocks_;
  torch::nn::Linear fc_{nullptr};
};
TORCH_MODULE(FidInception);

}  // namespace atelier::training
