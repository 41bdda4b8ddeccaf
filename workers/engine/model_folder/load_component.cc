#include "engine/model_folder/load_component.h"

#include <filesystem>
#include <vector>

#include "engine/weights/fit_keys.h"

namespace atelier::engine {

namespace {

/// A later file's keys override an earlier one's, whatever the network was wrapped in.
Status Fill(const ComponentConfig& component, torch::nn::Module& module) {
  const TensorMap state = StateDict(module);
  TensorMap all;
  for (const std::filesystem::path& file : component.weights) {
    ATELIER_ASSIGN_OR_RETURN(const TensorMap tensors, ReadWeights(file));
    auto own = KeysUnder(component.prefix, tensors);
    if (!own) return Propagate(own.error(), file.string());
    for (auto& [key, tensor] : WithoutCommonPrefix(state, WithCurrentVaeKeys(*own))) {
      all.insert_or_assign(key, tensor);
    }
  }
  ATELIER_ASSIGN_OR_RETURN(const FittedKeys fitted, FitKeys(state, all, ComponentOptions()));
  return LoadStateDict(module, fitted.tensors, ComponentOptions());
}

}  // namespace

LoadOptions ComponentOptions() {
  LoadOptions options;
  options.allow_extra_prefixes = {kClipPositionIds};
  return options;
}

Status LoadComponent(const ModelFolder& model, const std::string& name, torch::nn::Module& module) {
  ATELIER_ASSIGN_OR_RETURN(const ComponentConfig* component, model.Component(name));
  const Status status = Fill(*component, module);
  if (!status.has_value()) return Propagate(status.error(), "components." + name);
  module.eval();
  for (at::Tensor& parameter : module.parameters()) parameter.set_requires_grad(false);
  return {};
}

}  // namespace atelier::engine
