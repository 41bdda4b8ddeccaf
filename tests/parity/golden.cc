#include "parity/golden.h"

#include <ATen/Parallel.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "engine/nn/number_format.h"
#include "support/catch_torch.h"

namespace atelier::parity {
namespace {

// Toy sizes: a second thread only waits, long when the machine is busy.
[[maybe_unused]] const bool kOneThread = (at::set_num_threads(1), true);

at::ScalarType TypeOf(const std::string& name) {
  if (name == "F32") return at::kFloat;
  if (name == "F16") return at::kHalf;
  if (name == "I64") return at::kLong;
  if (name == "U8") return at::kByte;
  throw std::runtime_error("unexpected tensor type " + name);
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

Tensors ReadTensors(const std::filesystem::path& path) {
  const std::string bytes = ReadFile(path.string());
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  const char* data = bytes.data() + sizeof header_bytes + header_bytes;
  const auto header = nlohmann::json::parse(bytes.substr(sizeof header_bytes, header_bytes));
  Tensors tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const auto shape = entry.at("shape").get<std::vector<int64_t>>();
    const size_t begin = entry.at("data_offsets").at(0), end = entry.at("data_offsets").at(1);
    at::Tensor tensor = at::empty(shape, TypeOf(entry.at("dtype")));
    if (tensor.nbytes() != end - begin) throw std::runtime_error("bad size of " + name);
    std::memcpy(tensor.data_ptr(), data + begin, end - begin);
    tensors[name] = tensor;
  }
  return tensors;
}

const testing::ParityFolder& Folder() {
  static const testing::ParityFolder folder = testing::ParityFolder::Chosen();
  return folder;
}

at::Device Device() {
  static const at::Device device = [] {
    engine::UseNumberFormat({});
    const char* name = std::getenv("ATELIER_PARITY_DEVICE");
    return at::Device(name != nullptr ? name : "cpu");
  }();
  return device;
}

bool IsCommitted() {
  static const bool committed =
      std::filesystem::equivalent(Folder().root(), testing::ParityFolder::Committed().root());
  return committed;
}

bool Has(const std::string& name) {
  if (std::filesystem::exists(Folder().Goldens(name))) return true;
  if (IsCommitted()) FAIL("the committed folder lacks " << name);
  std::printf("  %s is not in the folder: not compared\n", name.c_str());
  SUCCEED();
  return false;
}

Tensors ReadGoldens(const std::string& name) { return ReadTensors(Folder().Goldens(name)); }

bool LoadWeights(torch::nn::Module& module, const std::string& component) {
  torch::NoGradGuard no_grad;
  const std::string file = Folder().Weights(component).string();
  Tensors weights = ReadTensors(file);
  bool same = true;
  for (auto& item : module.named_parameters()) {
    auto found = weights.find(item.key());
    if (found == weights.end() || !found->second.sizes().equals(item.value().sizes())) {
      std::printf("%s: missing or misshapen %s\n", file.c_str(), item.key().c_str());
      same = false;
      continue;
    }
    item.value().copy_(found->second);
    weights.erase(found);
  }
  for (auto& item : module.named_buffers()) weights.erase(item.key());
  for (const auto& [name, tensor] : weights) {
    if (tensor.scalar_type() == at::kLong) continue;  // position_ids: an index, not a weight
    std::printf("%s: unused %s\n", file.c_str(), name.c_str());
    same = false;
  }
  module.to(Device());
  return same;
}

at::Tensor Conditional(const at::Tensor& rows) { return rows.chunk(2)[1]; }

Difference Compare(const std::string& name, const at::Tensor& ours, const at::Tensor& golden) {
  if (ours.squeeze().sizes() != golden.squeeze().sizes())
    throw std::runtime_error("shape of " + name);
  const at::Tensor a = ours.detach().squeeze().cpu().to(at::kDouble);
  const at::Tensor b = golden.squeeze().to(at::kDouble);
  const Difference difference{(a - b).abs().max().item<double>(), b.abs().max().item<double>()};
  std::printf("  %-70s max|d| %.2e  relative %.2e\n", name.c_str(), difference.max,
              difference.relative());
  return difference;
}

void CheckModule(const Tensors& goldens, const std::string& name, const at::Tensor& ours,
                 double bar) {
  const auto golden = goldens.find(name);
  if (golden == goldens.end()) {
    if (IsCommitted()) FAIL("the committed folder lacks " << name);
    return;
  }
  CHECK(Compare(name, ours, golden->second).relative() <= bar);
}

}  // namespace atelier::parity
