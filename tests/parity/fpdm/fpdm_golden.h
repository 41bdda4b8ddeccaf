// FPDM's golden tensors, and our networks with the weights that they were made with.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/pipelines/fpdm/fpdm_networks.h"
#include "parity/fpdm/tiny_fpdm.h"
#include "parity/golden.h"

namespace atelier::parity {

// End to end, the published code differs from itself by 1.8e-4 between kernels.
inline constexpr double kFpdmModuleBar = 1e-4;
inline constexpr double kFpdmLatentsBar = 4e-4;

/// FpdmParityFolder::Chosen().
const testing::FpdmParityFolder& FpdmFolder();

/// `name`.safetensors and `name`.json of FpdmFolder().
Tensors ReadFpdmGoldens(const std::string& name);
nlohmann::json ReadFpdmJson(const std::string& name);

struct LoadedFpdm {
  std::unique_ptr<testing::TinyFpdmFolder> folder;
  engine::ModelFolder model;
  engine::FpdmNetworks networks;
};

/// As painting loads them: packed for the CPU, without gradients.
LoadedFpdm LoadFpdm();

}  // namespace atelier::parity
