#include "training/metrics/fid_inception.h"

#include <ATen/ATen.h>

#include "training/metrics/published_metrics.h"

namespace atelier::training {
namespace {

namespace nn = torch::nn;

constexpr int64_t kInputSide = 299;

int64_t ClassesOf(FidKind network) { return network == FidKind::kPytorchFid ? 1008 : 1000; }

/// Pictures of 0..1 as the network reads them.
at::Tensor Normalised(const at::Tensor& pictures, FidKind network) {
  if (network == FidKind::kPytorchFid) return pictures * 2 - 1;
  // torchvision's transform_input, which is meant for pictures less ImageNet's mean over its
  // deviation; FPDM's script gives it plain ones.
  const auto channels = [&](std::initializer_list<double> values) {
    return at::tensor(std::vector<double>(values), pictures.options()).view({1, 3, 1, 1});
  };
  return pictures * channels({0.229 / 0.5, 0.224 / 0.5, 0.225 / 0.5}) +
         channels({(0.485 - 0.5) / 0.5, (0.456 - 0.5) / 0.5, (0.406 - 0.5) / 0.5});
}

using Convs = std::vector<InceptionConv>;

Convs ConvsA(int64_t in, int64_t pool) {
  return {{"branch1x1", in, 64, 1, 1},
          {"branch5x5_1", in, 48, 1, 1},
          {"branch5x5_2", 48, 64, 5, 5, 1, 2, 2},
          {"branch3x3dbl_1", in, 64, 1, 1},
          {"branch3x3dbl_2", 64, 96, 3, 3, 1, 1, 1},
          {"branch3x3dbl_3", 96, 96, 3, 3, 1, 1, 1},
          {"branch_pool", in, pool, 1, 1}};
}

Convs ConvsB() {
  return {{"branch3x3", 288, 384, 3, 3, 2},
          {"branch3x3dbl_1", 288, 64, 1, 1},
          {"branch3x3dbl_2", 64, 96, 3, 3, 1, 1, 1},
          {"branch3x3dbl_3", 96, 96, 3, 3, 2}};
}

Convs ConvsC(int64_t c7) {
  return {{"branch1x1", 768, 192, 1, 1},
          {"branch7x7_1", 768, c7, 1, 1},
          {"branch7x7_2", c7, c7, 1, 7, 1, 0, 3},
          {"branch7x7_3", c7, 192, 7, 1, 1, 3, 0},
          {"branch7x7dbl_1", 768, c7, 1, 1},
          {"branch7x7dbl_2", c7, c7, 7, 1, 1, 3, 0},
          {"branch7x7dbl_3", c7, c7, 1, 7, 1, 0, 3},
          {"branch7x7dbl_4", c7, c7, 7, 1, 1, 3, 0},
          {"branch7x7dbl_5", c7, 192, 1, 7, 1, 0, 3},
          {"branch_pool", 768, 192, 1, 1}};
}

Convs ConvsD() {
  return {{"branch3x3_1", 768, 192, 1, 1},
          {"branch3x3_2", 192, 320, 3, 3, 2},
          {"branch7x7x3_1", 768, 192, 1, 1},
          {"branch7x7x3_2", 192, 192, 1, 7, 1, 0, 3},
          {"branch7x7x3_3", 192, 192, 7, 1, 1, 3, 0},
          {"branch7x7x3_4", 192, 192, 3, 3, 2}};
}

Convs ConvsE(int64_t in) {
  return {{"branch1x1", in, 320, 1, 1},
          {"branch3x3_1", in, 384, 1, 1},
          {"branch3x3_2a", 384, 384, 1, 3, 1, 0, 1},
          {"branch3x3_2b", 384, 384, 3, 1, 1, 1, 0},
          {"branch3x3dbl_1", in, 448, 1, 1},
          {"branch3x3dbl_2", 448, 384, 3, 3, 1, 1, 1},
          {"branch3x3dbl_3a", 384, 384, 1, 3, 1, 0, 1},
          {"branch3x3dbl_3b", 384, 384, 3, 1, 1, 1, 0},
          {"branch_pool", in, 192, 1, 1}};
}

at::Tensor HalfMax(const at::Tensor& x) { return at::max_pool2d(x, {3, 3}, {2, 2}); }

}  // namespace

BasicConv2dImpl::BasicConv2dImpl(const InceptionConv& s) {
  conv_ = register_module(
      "conv", nn::Conv2d(nn::Conv2dOptions(s.in, s.out, {s.kernel_height, s.kernel_width})
                             .stride(s.stride)
                             .padding({s.pad_height, s.pad_width})
                             .bias(false)));
  bn_ = register_module("bn", nn::BatchNorm2d(nn::BatchNorm2dOptions(s.out).eps(0.001)));
}

at::Tensor BasicConv2dImpl::forward(const at::Tensor& x) { return at::relu(bn_(conv_(x))); }

InceptionBlockImpl::InceptionBlockImpl(InceptionKind kind, const Convs& convs, FidKind network)
    : kind_(kind), network_(network) {
  for (const InceptionConv& conv : convs) {
    convs_.emplace(conv.name, register_module(conv.name, BasicConv2d(conv)));
  }
}

at::Tensor InceptionBlockImpl::Chain(at::Tensor x, std::initializer_list<const char*> names) {
  for (const char* name : names) x = convs_.at(name)(x);
  return x;
}

at::Tensor InceptionBlockImpl::Pooled(const at::Tensor& x) {
  if (kind_ == InceptionKind::kB || kind_ == InceptionKind::kD) return HalfMax(x);
  const bool plain = network_ == FidKind::kTorchvision;
  const at::Tensor pooled = kind_ == InceptionKind::kE2 && !plain
                                ? at::max_pool2d(x, {3, 3}, {1, 1}, {1, 1})
                                : at::avg_pool2d(x, {3, 3}, {1, 1}, {1, 1}, /*ceil_mode=*/false,
                                                 /*count_include_pad=*/plain);
  return Chain(pooled, {"branch_pool"});
}

at::Tensor InceptionBlockImpl::forward(const at::Tensor& x) {
  std::vector<at::Tensor> branches;
  switch (kind_) {
    case InceptionKind::kA:
      branches = {Chain(x, {"branch1x1"}), Chain(x, {"branch5x5_1", "branch5x5_2"}),
                  Chain(x, {"branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"})};
      break;
    case InceptionKind::kB:
      branches = {Chain(x, {"branch3x3"}),
                  Chain(x, {"branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"})};
      break;
    case InceptionKind::kC:
      branches = {Chain(x, {"branch1x1"}), Chain(x, {"branch7x7_1", "branch7x7_2", "branch7x7_3"}),
                  Chain(x, {"branch7x7dbl_1", "branch7x7dbl_2", "branch7x7dbl_3", "branch7x7dbl_4",
                            "branch7x7dbl_5"})};
      break;
    case InceptionKind::kD:
      branches = {Chain(x, {"branch3x3_1", "branch3x3_2"}),
                  Chain(x, {"branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4"})};
      break;
    case InceptionKind::kE1:
    case InceptionKind::kE2: {
      const at::Tensor single = Chain(x, {"branch3x3_1"});
      const at::Tensor twice = Chain(x, {"branch3x3dbl_1", "branch3x3dbl_2"});
      branches = {Chain(x, {"branch1x1"}), Chain(single, {"branch3x3_2a"}),
                  Chain(single, {"branch3x3_2b"}), Chain(twice, {"branch3x3dbl_3a"}),
                  Chain(twice, {"branch3x3dbl_3b"})};
      break;
    }
  }
  branches.push_back(Pooled(x));
  return at::cat(branches, 1);
}

FidInceptionImpl::FidInceptionImpl(FidKind network) : network_(network) {
  using enum InceptionKind;
  AddStem({"Conv2d_1a_3x3", 3, 32, 3, 3, 2});
  AddStem({"Conv2d_2a_3x3", 32, 32, 3, 3});
  AddStem({"Conv2d_2b_3x3", 32, 64, 3, 3, 1, 1, 1});
  AddStem({"Conv2d_3b_1x1", 64, 80, 1, 1});
  AddStem({"Conv2d_4a_3x3", 80, 192, 3, 3});
  AddBlock("Mixed_5b", kA, ConvsA(192, 32));
  AddBlock("Mixed_5c", kA, ConvsA(256, 64));
  AddBlock("Mixed_5d", kA, ConvsA(288, 64));
  AddBlock("Mixed_6a", kB, ConvsB());
  AddBlock("Mixed_6b", kC, ConvsC(128));
  AddBlock("Mixed_6c", kC, ConvsC(160));
  AddBlock("Mixed_6d", kC, ConvsC(160));
  AddBlock("Mixed_6e", kC, ConvsC(192));
  AddBlock("Mixed_7a", kD, ConvsD());
  AddBlock("Mixed_7b", kE1, ConvsE(1280));
  AddBlock("Mixed_7c", kE2, ConvsE(2048));
  fc_ = register_module("fc", nn::Linear(2048, ClassesOf(network)));
}

void FidInceptionImpl::AddStem(const InceptionConv& conv) {
  stem_.push_back(register_module(conv.name, BasicConv2d(conv)));
}

void FidInceptionImpl::AddBlock(const char* name, InceptionKind kind, const Convs& convs) {
  blocks_.push_back(register_module(name, InceptionBlock(kind, convs, network_)));
}

at::Tensor FidInceptionImpl::forward(const at::Tensor& pictures) {
  at::Tensor x =
      Normalised(at::upsample_bilinear2d(pictures, {kInputSide, kInputSide}, false), network_);
  for (size_t i = 0; i < stem_.size(); ++i) {
    x = stem_[i](x);
    if (i == 2 || i == 4) x = HalfMax(x);
  }
  for (InceptionBlock& block : blocks_) x = block(x);
  return x.mean({2, 3});
}

}  // namespace atelier::training
