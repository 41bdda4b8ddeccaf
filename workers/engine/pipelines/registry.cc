#include "engine/pipelines/registry.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "engine/pipelines/component_shapes.h"
#include "engine/pipelines/fpdm/fpdm_pipeline.h"
#include "engine/pipelines/mcld/mcld_pipeline.h"

namespace atelier::engine {
namespace {

/// Every pipeline that comes with the engine: one line each.
std::vector<Pipeline> BuiltInPipelines() {
  return {
      McldPipeline(),
      FpdmPipeline(),
  };
}

using PipelinesByName = std::map<std::string, Pipeline>;

PipelinesByName& Pipelines() {
  static PipelinesByName pipelines = [] {
    PipelinesByName by_name;
    for (Pipeline& pipeline : BuiltInPipelines()) by_name[pipeline.name] = std::move(pipeline);
    return by_name;
  }();
  return pipelines;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

/// Components that the pipeline does not know: a mistyped name would otherwise be passed over.
Status CheckComponentNames(const ModelFolder& model, const Pipeline& pipeline) {
  std::vector<std::string> known = pipeline.required_components;
  for (const auto* names : {&pipeline.optional_components, &SharedComponents()})
    known.insert(known.end(), names->begin(), names->end());
  for (const auto& [name, component] : model.components) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return InvalidField("components." + name, "one of " + Joined(known), name);
  }
  return {};
}

Status ApplyPipeline(ModelFolder& model) {
  ATELIER_ASSIGN_OR_RETURN(const Pipeline* pipeline, FindPipeline(model.info.pipeline));
  ATELIER_RETURN_IF_ERROR(CheckComponentNames(model, *pipeline));
  model.info.conditions = pipeline->conditions;
  return pipeline->fill_info ? pipeline->fill_info(model) : Status();
}

}  // namespace

void RegisterPipeline(Pipeline pipeline) {
  const std::string name = pipeline.name;
  Pipelines()[name] = std::move(pipeline);
}

Result<const Pipeline*> FindPipeline(const std::string& name) {
  const auto found = Pipelines().find(name);
  if (found != Pipelines().end()) return &found->second;
  std::vector<std::string> names;
  for (const auto& [known, pipeline] : Pipelines()) names.push_back(known);
  return InvalidField("pipeline", "one of " + Joined(names), name);
}

Result<ModelFolder> ReadModelFolder(const std::filesystem::path& folder) {
  return ReadModelFolderAs(folder, folder / "model.json");
}

Result<ModelFolder> ReadModelFolderAs(const std::filesystem::path& folder,
                                      const std::filesystem::path& model_json) {
  ATELIER_ASSIGN_OR_RETURN(ModelFolder model, ParseModelFolder(folder, model_json));
  if (const Status applied = ApplyPipeline(model); !applied)
    return Propagate(applied.error(), model_json.string());
  return model;
}

}  // namespace atelier::engine
