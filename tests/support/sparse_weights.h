// Weight files of any size that take no room on the disk: real headers, and holes where the numbers
// would be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace atelier::testing {

/// Shapes of float32 tensors by key.
using Shapes = std::map<std::string, std::vector<int64_t>>;

void WriteSparseSafetensors(const std::filesystem::path& path, const Shapes& shapes);

/// As torch.save() writes a state dict: a zip file of a pickle and one storage a tensor.
void WriteSparseTorchFile(const std::filesystem::path& path, const Shapes& shapes);

}  // namespace atelier::testing
