#include "training/metrics/lpips.h"

#include <ATen/ATen.h>

namespace atelier::training {
namespace {

namespace nn = torch::nn;

constexpr int kSlices = 5;
constexpr double kNormEps = 1e-10;

at::Tensor PerChannel(std::initializer_list<float> values, const at::Tensor& like) {
  return at::tensor(at::ArrayRef<float>(values), at::kFloat).view({1, 3, 1, 1}).to(like.device());
}

}  // namespace

const std::vector<TrunkConv>& ConvsOf(LpipsTrunk trunk) {
  static const std::vector<TrunkConv> alex = {{0, 1, 3, 64, 11, 4, 2, false},
                                              {3, 2, 64, 192, 5, 1, 2, true},
                                              {6, 3, 192, 384, 3, 1, 1, true},
                                              {8, 4, 384, 256, 3, 1, 1, false},
                                              {10, 5, 256, 256, 3, 1, 1, false}};
  static const std::vector<TrunkConv> vgg = {
      {0, 1, 3, 64, 3, 1, 1, false},     {2, 1, 64, 64, 3, 1, 1, false},
      {5, 2, 64, 128, 3, 1, 1, true},    {7, 2, 128, 128, 3, 1, 1, false},
      {10, 3, 128, 256, 3, 1, 1, true},  {12, 3, 256, 256, 3, 1, 1, false},
      {14, 3, 256, 256, 3, 1, 1, false}, {17, 4, 256, 512, 3, 1, 1, true},
      {19, 4, 512, 512, 3, 1, 1, false}, {21, 4, 512, 512, 3, 1, 1, false},
      {24, 5, 512, 512, 3, 1, 1, true},  {26, 5, 512, 512, 3, 1, 1, false},
      {28, 5, 512, 512, 3, 1, 1, false}};
  return trunk == LpipsTrunk::kAlex ? alex : vgg;
}

LpipsImpl::LpipsImpl(LpipsTrunk trunk) : trunk_(trunk) {
  const auto child = [](nn::Module& parent, const std::string& name) {
    return parent.register_module(name, nn::Sequential());
  };
  nn::Sequential net = child(*this, "net");
  std::vector<nn::Sequential> slices;
  for (int i = 1; i <= kSlices; ++i) slices.push_back(child(*net, "slice" + std::to_string(i)));
  std::vector<int64_t> widths(kSlices, 0);
  for (const TrunkConv& c : ConvsOf(trunk)) {
    const auto slice = static_cast<size_t>(c.slice - 1);
    convs_.push_back(slices[slice]->register_module(
        std::to_string(c.number),
        nn::Conv2d(nn::Conv2dOptions(c.in, c.out, c.kernel).stride(c.stride).padding(c.padding))));
    widths[slice] = c.out;
  }
  for (int i = 0; i < kSlices; ++i) {
    nn::Sequential lin = child(*this, "lin" + std::to_string(i));
    // "0" is the dropout of its training.
    lins_.push_back(
        child(*lin, "model")
            ->register_module(
                "1",
                nn::Conv2d(nn::Conv2dOptions(widths[static_cast<size_t>(i)], 1, 1).bias(false))));
  }
}

std::vector<at::Tensor> LpipsImpl::Features(const at::Tensor& pictures) {
  // ScalingLayer of lpips.
  at::Tensor x = (pictures * 2 - 1 - PerChannel({-.030f, -.088f, -.188f}, pictures)) /
                 PerChannel({.458f, .448f, .450f}, pictures);
  const int64_t window = trunk_ == LpipsTrunk::kAlex ? 3 : 2;
  const std::vector<TrunkConv>& sizes = ConvsOf(trunk_);
  std::vector<at::Tensor> features;
  for (size_t i = 0; i < convs_.size(); ++i) {
    if (sizes[i].pooled) x = at::max_pool2d(x, {window, window}, {2, 2});
    x = at::relu(convs_[i](x));
    const bool last = i + 1 == convs_.size() || sizes[i + 1].slice != sizes[i].slice;
    if (last) features.push_back(x / (x.square().sum(1, true).sqrt() + kNormEps));
  }
  return features;
}

at::Tensor LpipsImpl::forward(const at::Tensor& a, const at::Tensor& b) {
  const std::vector<at::Tensor> of_a = Features(a), of_b = Features(b);
  at::Tensor distance = at::zeros({a.size(0)}, a.options());
  for (size_t i = 0; i < of_a.size(); ++i) {
    distance = distance + lins_[i]((of_a[i] - of_b[i]).square()).mean({1, 2, 3});
  }
  return distance;
}

engine::TensorMap WithLpipsKeys(const engine::TensorMap& tensors, LpipsTrunk trunk) {
  constexpr std::string_view kFeatures = "features.";
  engine::TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    const auto starts = [&, &name = name](std::string_view prefix) {
      return name.starts_with(prefix);
    };
    if (starts("classifier.") || starts("lins.") || starts("scaling_layer.")) continue;
    std::string key = name;
    for (const TrunkConv& c : ConvsOf(trunk)) {
      const std::string number = std::to_string(c.number) + ".";
      const std::string from = std::string(kFeatures) + number;
      if (starts(from))
        key = "net.slice" + std::to_string(c.slice) + "." + number + name.substr(from.size());
    }
    renamed[key] = tensor;
  }
  return renamed;
}

}  // namespace atelier::training
