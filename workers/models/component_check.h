// The keys and shapes of one component's weight files against its network's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/model_folder/model_folder.h"
#include "models/model_report.h"

namespace atelier::models {

/// What CheckComponent() says.
struct ComponentCheck {
  ComponentReport report;
  /// At most kListedFindings.
  std::vector<Finding> findings;
};

/// `model` is the whole model: sizes of one component depend on others', and a file that holds
/// another component's weights is told so. Files that are not there are findings; `origin_of`
/// gives what is added to them: where the file is published.
ComponentCheck CheckComponent(const engine::ModelFolder& model, const std::string& name,
                              const std::map<std::string, std::string>& origin_of);

/// Of every component of `model`, in the order of the pipeline, then the optional ones.
std::vector<std::string> ComponentNames(const engine::ModelFolder& model);

}  // namespace atelier::models
