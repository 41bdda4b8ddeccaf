// The keys and shapes that a model's weight files must have, by the sizes in its model.json. No
// network's memory is allocated, whatever its size.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/weights/safetensors.h"

namespace atelier::engine {

/// Components that a model of any pipeline may have: the networks of perception.
const std::vector<std::string>& SharedComponents();

/// Components of `model`'s pipeline without which nothing is painted, in the order in which they
/// run. REQUIRES: `model` came from ReadModelFolder().
const std::vector<std::string>& RequiredComponents(const ModelFolder& model);

/// Whether `model`'s pipeline can use a component `name`. REQUIRES: as above.
bool KnowsComponent(const ModelFolder& model, const std::string& name);

/// Parameters and buffers of component `name` as tensors of the "meta" device. INVALID_ARGUMENT
/// names what is wrong with the component's config, or that model.json has no such component.
/// REQUIRES: as above.
Result<TensorMap> ExpectedShapes(const ModelFolder& model, const std::string& name);

/// Pipeline::check_configs of `model`'s pipeline. REQUIRES: as above.
Status CheckConfigs(const ModelFolder& model);

}  // namespace atelier::engine
