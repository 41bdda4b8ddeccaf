// Keys and shapes of a network that is made from a config, without its memory.
#pragma once

#include <exception>
#include <string>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/nn/without_memory.h"
#include "engine/weights/load.h"

namespace atelier::engine {

/// The state of a Network of these sizes, as tensors of the "meta" device. INVALID_ARGUMENT when no
/// layer can have them.
template <typename Network, typename Config>
Result<TensorMap> NetworkShapes(const Result<Config>& config) {
  if (!config) return Propagate(config.error());
  // Seam: LibTorch throws on sizes that no layer can have.
  try {
    const WithoutMemory without_memory;
    return StateDict(*Network(*config));
  } catch (const c10::Error& error) {
    return MakeError(Code::kInvalidArgument, "BAD_MODEL_SIZES", error.what_without_backtrace());
  } catch (const std::exception& error) {
    return MakeError(Code::kInvalidArgument, "BAD_MODEL_SIZES", error.what());
  }
}

/// As above, for component `name` of `model`, whose config `parse` reads.
template <typename Network, typename Config>
Result<TensorMap> NetworkShapes(const ModelFolder& model, const std::string& name,
                                Result<Config> (*parse)(const nlohmann::json&)) {
  return NetworkShapes<Network>(ReadConfig(model, name, parse));
}

}  // namespace atelier::engine
