#include "engine/model_folder/load_component.h"

namespace atelier::engine {

LoadOptions ComponentOptions() {
  LoadOptions options;
  options.allow_extra_prefixes = {kClipPositionIds};
  return options;
}

Status LoadComponent(const ModelFolder& model, const std::string& name, torch::nn::Module& module) {
  ATELIER_ASSIGN_OR_RETURN(const ComponentConfig* component, model.Component(name));
  auto tensors = ReadWeights(component->weights);
  const Status status =
      tensors.has_value() ? LoadStateDict(module, WithCurrentVaeKeys(*tensors), ComponentOptions())
                          : Status(tl::unexpect, tensors.error());
  if (!status.has_value()) return Propagate(status.error(), "components." + name);
  module.eval();
  for (at::Tensor& parameter : module.parameters()) parameter.set_requires_grad(false);
  return {};
}

}  // namespace atelier::engine
