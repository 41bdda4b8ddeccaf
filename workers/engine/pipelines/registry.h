// The pipelines that this program knows, by name, and model folders read by the rules of theirs.
//
// Threads: any, once every RegisterPipeline() has returned.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/painting/pipeline.h"

namespace atelier::engine {

/// Adds a pipeline to those that come with the engine (registry.cc lists them). Replaces one of the
/// same name. To be called before any model is read.
void RegisterPipeline(Pipeline pipeline);

/// INVALID_ARGUMENT, field "pipeline", names the known ones and `name`.
Result<const Pipeline*> FindPipeline(const std::string& name);

/// Reads and checks `folder`'s model.json wholly, by the rules of its pipeline; the weights are not
/// opened. NOT_FOUND without the file; INVALID_ARGUMENT names the key that is bad, missing or
/// unknown.
Result<ModelFolder> ReadModelFolder(const std::filesystem::path& folder);

/// As ReadModelFolder(), for a folder that has no model.json of its own: `model_json` is read as if
/// it lay in `folder`.
Result<ModelFolder> ReadModelFolderAs(const std::filesystem::path& folder,
                                      const std::filesystem::path& model_json);

}  // namespace atelier::engine
