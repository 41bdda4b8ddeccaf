// Golden tensors of the published code, and how near ours must come to them.
#pragma once

#include <torch/nn.h>

#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>

namespace atelier::parity {

using Tensors = std::unordered_map<std::string, at::Tensor>;

/// The folder of golden files: $ATELIER_PARITY_DATA, else the committed one.
std::string DataFolder();

/// Every tensor of DataFolder()/`file` (safetensors, read independently of the engine's reader).
Tensors ReadGoldens(const std::string& file);

/// DataFolder()/config.json.
nlohmann::json ReadGoldenConfig();

/// Copies DataFolder()/weights/`file` into `module`; false unless the keys and shapes are the same.
bool LoadWeights(torch::nn::Module& module, const std::string& file);

struct Difference {
  double max = 0;        // largest |ours - golden|
  double magnitude = 0;  // largest |golden|
  double relative() const { return magnitude > 0 ? max / magnitude : max; }
};

/// Prints "name  max|d|  relative" and returns both. The shapes may differ by axes of size one.
Difference Compare(const std::string& name, const at::Tensor& ours, const at::Tensor& golden);

}  // namespace atelier::parity
