#include "engine/pipelines/component_shapes.h"

#include <algorithm>

#include "engine/models/face_network.h"
#include "engine/models/pose_network.h"
#include "engine/painting/network_shapes.h"
#include "engine/pipelines/registry.h"

namespace atelier::engine {
namespace {

bool Holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// ReadModelFolder() refuses a model whose pipeline is not known.
const Pipeline& PipelineOf(const ModelFolder& model) {
  return *FindPipeline(model.info.pipeline).value();
}

}  // namespace

const std::vector<std::string>& SharedComponents() {
  static const std::vector<std::string> names = {"pose_network", "face_network"};
  return names;
}

const std::vector<std::string>& RequiredComponents(const ModelFolder& model) {
  return PipelineOf(model).required_components;
}

bool KnowsComponent(const ModelFolder& model, const std::string& name) {
  const Pipeline& pipeline = PipelineOf(model);
  return Holds(pipeline.required_components, name) || Holds(pipeline.optional_components, name) ||
         Holds(SharedComponents(), name);
}

Result<TensorMap> ExpectedShapes(const ModelFolder& model, const std::string& name) {
  if (!model.Has(name)) return Propagate(model.Component(name).error());
  if (name == "pose_network")
    return NetworkShapes<PoseNetwork>(model, name, &ParsePoseNetworkConfig);
  if (name == "face_network")
    return NetworkShapes<FaceNetwork>(model, name, &ParseFaceNetworkConfig);
  return PipelineOf(model).expected_shapes(model, name);
}

Status CheckConfigs(const ModelFolder& model) { return PipelineOf(model).check_configs(model); }

}  // namespace atelier::engine
