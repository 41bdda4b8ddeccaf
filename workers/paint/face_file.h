// A face embedding from a file: NumPy's .npy (as the published preprocessing writes), .safetensors
// of one tensor, or .txt with numbers between blanks or commas.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"

namespace atelier::paint {

/// All numbers of the file in order, whatever its shape. INVALID_ARGUMENT naming --face when it is
/// none of the three, holds other than finite floating-point numbers, or more than a million.
Result<std::vector<float>> ReadFaceFile(const std::filesystem::path& path);

}  // namespace atelier::paint
