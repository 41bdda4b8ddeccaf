// Memory: of loading a model folder, and of painting one picture after another.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace atelier::bench {

/// Writes `model`'s model.json and random weights for it into `folder`, one safetensors file a
/// component, numbers as `dtype` has them on a processor. They are in memory meanwhile.
Status WriteRandomModel(const std::filesystem::path& model, const std::string& dtype,
                        const std::filesystem::path& folder);

/// Loads the networks of `model` and prints seconds and peak resident memory against their size.
Status RunLoadBench(const std::filesystem::path& model, const std::string& device,
                    const std::string& dtype);

/// Paints `pictures` and prints resident memory along the way.
Status RunGrowthBench(const std::filesystem::path& model, const std::string& device, int pictures,
                      int steps);

}  // namespace atelier::bench
