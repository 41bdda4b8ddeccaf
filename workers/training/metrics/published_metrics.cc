#include "training/metrics/published_metrics.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "engine/images/tensor.h"
#include "engine/nn/number_format.h"
#include "engine/weights/load.h"
#include "training/metrics/fid_inception.h"
#include "training/metrics/lpips.h"

namespace atelier::training {
namespace {

/// The one seam to LibTorch's exceptions here.
template <typename Work>
auto Guarded(const Work& work) -> decltype(work()) {
  try {
    const at::NoGradGuard no_grad;
    return work();
  } catch (const std::exception& error) {
    const auto* torch = dynamic_cast<const c10::Error*>(&error);
    return MakeError(Code::kInternal, "TORCH",
                     torch != nullptr ? torch->what_without_backtrace() : error.what());
  }
}

at::Tensor Stack(std::span<const Image* const> pictures, const at::Device& device) {
  std::vector<at::Tensor> rows;
  for (const Image* picture : pictures) rows.push_back(engine::ToTensor(*picture));
  return at::cat(rows).to(device);
}

class TorchFidNetwork : public FidNetwork {
 public:
  TorchFidNetwork(FidInception network, at::Device device)
      : network_(std::move(network)), device_(device) {}

  Result<std::vector<float>> Features(std::span<const Image* const> pictures) override {
    return Guarded([&]() -> Result<std::vector<float>> {
      engine::UseNumberFormat({});  // the published figures are float32's
      const at::Tensor features =
          network_(Stack(pictures, device_)).to(at::kCPU, at::kFloat).contiguous();
      const auto* first = features.const_data_ptr<float>();
      return std::vector<float>(first, first + features.numel());
    });
  }

 private:
  FidInception network_;
  at::Device device_;
};

class TorchLpipsNetwork : public LpipsNetwork {
 public:
  TorchLpipsNetwork(Lpips network, std::string trunk, at::Device device)
      : network_(std::move(network)), trunk_(std::move(trunk)), device_(device) {}

  std::string trunk() const override { return trunk_; }

  Result<double> Distance(const Image& a, const Image& b) override {
    return Guarded([&]() -> Result<double> {
      engine::UseNumberFormat({});
      const Image *first = &a, *second = &b;
      return network_->forward(Stack({&first, 1}, device_), Stack({&second, 1}, device_))
          .item<double>();
    });
  }

 private:
  Lpips network_;
  std::string trunk_;
  at::Device device_;
};

/// Files older than batch norm's counter lack it; nothing reads it here.
void AddCounters(const torch::nn::Module& module, engine::TensorMap& tensors) {
  for (const auto& [name, tensor] : engine::StateDict(module)) {
    if (name.ends_with(".num_batches_tracked")) tensors.try_emplace(name, tensor);
  }
}

Result<LpipsTrunk> TrunkOf(const engine::TensorMap& tensors) {
  for (const char* name : {"features.0.weight", "net.slice1.0.weight"}) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) continue;
    const at::IntArrayRef shape = found->second.sizes();
    if (shape == at::IntArrayRef({64, 3, 11, 11})) return LpipsTrunk::kAlex;
    if (shape == at::IntArrayRef({64, 3, 3, 3})) return LpipsTrunk::kVgg;
  }
  return MakeError(Code::kInvalidArgument, "STATE_DICT_MISMATCH",
                   "no first convolution of AlexNet or VGG16 (features.0.weight)");
}

/// A at R's cost: the same products of columns with at most `width` rows.
at::Tensor Reduced(const at::Tensor& rows) {
  if (rows.size(0) <= rows.size(1)) return rows;
  return std::get<1>(at::linalg_qr(rows, "r"));
}

}  // namespace

Result<std::unique_ptr<FidNetwork>> FidNetwork::Load(const std::filesystem::path& weights,
                                                     FidKind kind, const std::string& device) {
  auto read = engine::ReadWeights(weights);
  if (!read) return Propagate(read.error(), "--fid-weights");
  return Guarded([&]() -> Result<std::unique_ptr<FidNetwork>> {
    FidInception network(kind);
    engine::TensorMap tensors = std::move(*read);
    // torchvision's second classifier, of training alone.
    if (kind == FidKind::kTorchvision)
      std::erase_if(tensors,
                    [](const auto& entry) { return entry.first.starts_with("AuxLogits."); });
    AddCounters(*network, tensors);
    if (const Status fits = engine::LoadStateDict(*network, tensors); !fits)
      return Propagate(fits.error(), "--fid-weights " + weights.string());
    network->eval();
    network->to(at::Device(device));
    return std::make_unique<TorchFidNetwork>(network, at::Device(device));
  });
}

Result<double> FrechetDistance(std::span<const float> a, std::span<const float> b, int width) {
  const auto rows_of = [&](std::span<const float> set) {
    return static_cast<int64_t>(set.size()) / width;
  };
  if (rows_of(a) < 2 || rows_of(b) < 2)
    return MakeError(Code::kFailedPrecondition, "TOO_FEW_PICTURES",
                     "a covariance needs two pictures or more");
  return Guarded([&]() -> Result<double> {
    const auto tensor = [&](std::span<const float> set) {
      return at::from_blob(const_cast<float*>(set.data()), {rows_of(set), width}, at::kFloat)
          .to(at::kDouble);
    };
    const at::Tensor x = tensor(a), y = tensor(b);
    const at::Tensor mean_x = x.mean(0), mean_y = y.mean(0);
    const at::Tensor cx = (x - mean_x) / std::sqrt(static_cast<double>(x.size(0) - 1));
    const at::Tensor cy = (y - mean_y) / std::sqrt(static_cast<double>(y.size(0) - 1));
    // C = cx' cx and D = cy' cy, so the eigenvalues of C D that are not zero are the squared
    // singular values of cx cy': the root's trace is their sum, without a matrix root.
    const at::Tensor roots = at::linalg_svdvals(Reduced(cx).matmul(Reduced(cy).t()));
    const at::Tensor distance =
        (mean_x - mean_y).square().sum() + cx.square().sum() + cy.square().sum() - 2 * roots.sum();
    return distance.item<double>();
  });
}

Result<std::unique_ptr<LpipsNetwork>> LpipsNetwork::Load(
    const std::vector<std::filesystem::path>& weights, const std::string& device) {
  const auto named = [](const Error& error) { return Propagate(error, "--lpips-weights"); };
  auto read = engine::ReadWeights(weights);
  if (!read) return named(read.error());
  const auto trunk = TrunkOf(*read);
  if (!trunk) return named(trunk.error());
  return Guarded([&]() -> Result<std::unique_ptr<LpipsNetwork>> {
    Lpips network(*trunk);
    if (const Status fits = engine::LoadStateDict(*network, WithLpipsKeys(*read, *trunk)); !fits)
      return named(fits.error());
    network->eval();
    network->to(at::Device(device));
    return std::make_unique<TorchLpipsNetwork>(
        network, *trunk == LpipsTrunk::kAlex ? "alex" : "vgg", at::Device(device));
  });
}

}  // namespace atelier::training
