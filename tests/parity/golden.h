// Golden tensors of the published code, and how near ours must come to them.
#pragma once

#include <torch/nn.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>

#include "support/parity_folder.h"

namespace atelier::parity {

using Tensors = std::unordered_map<std::string, at::Tensor>;

/// The folder that the program compares with: ParityFolder::Chosen().
const testing::ParityFolder& Folder();

/// Where the networks run: $ATELIER_PARITY_DEVICE, else the CPU. In float32, the whole of it.
at::Device Device();

/// Whether Folder() is ParityFolder::Committed().
bool IsCommitted();

/// Whether Folder() has `name`.safetensors. The committed folder has every file: there a missing
/// one fails the test. Says so where another folder lacks it.
bool Has(const std::string& name);

/// Every tensor of a safetensors file, read independently of the engine's reader.
Tensors ReadTensors(const std::filesystem::path& path);

/// ReadTensors() of Folder()'s `name`.safetensors.
Tensors ReadGoldens(const std::string& name);

/// Copies the weights of `component` into `module`, on Device(); false unless the keys and shapes
/// are the same.
bool LoadWeights(torch::nn::Module& module, const std::string& component);

struct Difference {
  double max = 0;        // largest |ours - golden|
  double magnitude = 0;  // largest |golden|
  double relative() const { return magnitude > 0 ? max / magnitude : max; }
};

/// The conditional rows of a published batch, whose unconditional half comes first.
at::Tensor Conditional(const at::Tensor& rows);

/// Prints "name  max|d|  relative" and returns both. The shapes may differ by axes of size one.
Difference Compare(const std::string& name, const at::Tensor& ours, const at::Tensor& golden);

/// Compares `ours` with the golden of that name and checks the relative difference against `bar`. A
/// golden that the folder leaves out is passed over, but for the committed one.
void CheckModule(const Tensors& goldens, const std::string& name, const at::Tensor& ours,
                 double bar);

}  // namespace atelier::parity
