// The keys and shapes that a model's weight files must have, by the sizes in its model.json. No
// network's memory is allocated, whatever its size.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/weights/model_folder.h"
#include "engine/weights/safetensors.h"

namespace atelier::engine {

/// Components without which nothing is painted, in the order in which they run.
const std::vector<std::string>& RequiredComponents();

/// Parameters and buffers of component `name` as tensors of the "meta" device. INVALID_ARGUMENT
/// names what is wrong with the component's config, or that model.json has no such component.
Result<TensorMap> ExpectedShapes(const ModelFolder& model, const std::string& name);

}  // namespace atelier::engine
