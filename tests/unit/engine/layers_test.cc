// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "engine/nn/layers.h"

#include <array>

#include "engine/cpu/winograd.h"
#include "engine/nn/group_norm.h"
#include "engine/weights/load.h"

namespace atelier::engine {
namespace {

double Difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() /
         b.abs().max().item<double>();
}

/// A network of every kind of layer that the engine packs.
class MixedImpl : public torch::nn::Module {
 public:
  MixedImpl() {
    convs_ = register_module(
        "convs", torch::nn::ModuleList(
                     MakeConv3x3(5, 24), MakeConv1x1(24, 16),
                     Conv2d(torch::nn::Conv2dOptions(16, 7, 3).stride(2)),
                     Conv2d(torch::nn::Conv2dOptions(7, 8, 3).stride(2).padding(1).bias(false))));
    with_bias_ = register_module("with_bias", Linear(8, 30));
    without_bias_ = register_module("without_bias", MakeLinearWithoutBias(30, 3));
  }
  at::Tensor forward(at::Tensor x) {
    for (const auto& conv : *convs_) x = at::relu(conv->as<Conv2d>()->forward(x));
    return without_bias_(at::relu(with_bias_(x.flatten(2).transpose(1, 2))));
  }

 private:
  torch::nn::ModuleList convs_{nullptr};
  Linear with_bias_{nullptr}, without_bias_{nullptr};
};
TORCH_MODULE(Mixed);

}  // namespace

TEST_CASE("Packed layers compute what plain ones do, at any size, and hold no plain weights") {
  const at::NoGradGuard no_grad;
  at::manual_seed(3);
  Mixed network;
  std::vector<at::Tensor> pictures{at::randn({1, 5, 33, 18}), at::randn({3, 5, 64, 40})};
  // Any layout in.
  pictures.push_back(pictures[1].contiguous(at::MemoryFormat::ChannelsLast));
  std::vector<at::Tensor> plain;
  for (const at::Tensor& picture : pictures) plain.push_back(network(picture));

  PackForCpu(*network, Runs::kOnce);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const at::Tensor packed = network(pictures[i]);
    REQUIRE(packed.sizes() == plain[i].sizes());
    CHECK(Difference(packed, plain[i]) < 1e-5);  // measured: 4e-7
  }
  for (const auto& [name, tensor] : StateDict(*network)) {
    INFO(name);
    CHECK((tensor.numel() == 0) == name.ends_with("weight"));
    CHECK(tensor.scalar_type() == at::kFloat);
  }
}

TEST_CASE("Packing a second time changes nothing") {
  const at::NoGradGuard no_grad;
  Mixed network;
  const at::Tensor picture = at::randn({1, 5, 33, 18});
  PackForCpu(*network, Runs::kOnce);
  const at::Tensor once = network(picture);
  PackForCpu(*network, Runs::kOnce);
  CHECK(at::equal(network(picture), once));
}

TEST_CASE(
    "A wide convolution is right for tiles that a picture does not fill, near its edges too") {
  const at::NoGradGuard no_grad;
  at::manual_seed(4);
  for (const std::array<int64_t, 3> size :
       {std::array<int64_t, 3>{2, 32, 16}, {1, 33, 27}, {3, 18, 13}}) {
    const at::Tensor x = at::randn({size[0], 96, size[1], size[2]});
    Conv2d layer = MakeConv3x3(96, 64);
    REQUIRE(WinogradConvolution::Pays(layer->weight, x.sizes()));
    const at::Tensor small = at::randn({1, 96, 5, 3});
    const at::Tensor small_truth = at::conv2d(small, layer->weight, layer->bias, 1, 1);
    const at::Tensor truth = at::conv2d(x.to(at::kDouble), layer->weight.to(at::kDouble),
                                        layer->bias.to(at::kDouble), 1, 1);
    PackForCpu(*layer, Runs::kEveryStep);
    const at::Tensor y = layer(x);
    CHECK(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    CHECK(Difference(y, truth) < 2e-5);
    // The border is where a wrong place in a patch would show.
    CHECK(Difference(y.select(3, 0), truth.select(3, 0)) < 2e-5);
    CHECK(Difference(y.select(2, size[1] - 1), truth.select(2, size[1] - 1)) < 2e-5);
    CHECK(Difference(layer(small), small_truth) < 2e-5);  // of another size than the first picture
  }
}

TEST_CASE("Channels-last group normalisation is right to 1e-6 even far from zero") {
  const at::NoGradGuard no_grad;
  at::manual_seed(5);
  for (const double mean : {0.0, 30.0}) {
    torch::nn::GroupNorm norm(torch::nn::GroupNormOptions(4, 20).eps(1e-5));
    norm->weight.normal_();
    norm->bias.normal_();
    const at::Tensor x = at::randn({2, 20, 37, 29}) * 2 + mean;
    const at::Tensor truth = at::group_norm(x.to(at::kDouble), 4, norm->weight.to(at::kDouble),
                                            norm->bias.to(at::kDouble), 1e-5);
    const at::Tensor last = x.contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor y = Normalize(norm, last);
    CHECK(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    // Rounding of x itself near 30 is 2e-6 of its spread.
    CHECK(Difference(y, truth) < (mean == 0 ? 1e-6 : 5e-6));
    CHECK(Difference(NormalizeSilu(norm, last), at::silu(truth)) < (mean == 0 ? 1e-6 : 5e-6));
    CHECK(Difference(Normalize(norm, x), truth) < 5e-6);
  }
}

TEST_CASE("Group normalisation keeps its gradients where they are asked for") {
  torch::nn::GroupNorm norm(torch::nn::GroupNormOptions(2, 4));
  const at::Tensor x =
      at::randn({1, 4, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
  NormalizeSilu(norm, x).sum().backward();
  CHECK(x.grad().defined());
  CHECK(norm->weight.grad().defined());
}

}  // namespace atelier::engine
