// Pipeline: how one kind of model is checked, loaded and run. model.json names it ("pipeline").
//
// To add one, make a folder beside pipelines/mcld with a function that returns it and add that
// function to the list of pipelines/registry.cc. Immutable once registered: safe to use from any
// thread.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/nn/number_format.h"
#include "engine/painter.h"
#include "engine/weights/safetensors.h"

namespace atelier::engine {

/// Where a model runs, and in which number format.
struct LoadTarget {
  at::Device device = at::kCPU;
  NumberFormat format;
};

struct Pipeline {
  /// model.json's "pipeline".
  std::string name;
  /// What its painters read of a PaintRequest. Callers need not fill in anything else.
  std::vector<Condition> conditions;
  /// Components of model.json without which nothing is painted, in the order in which they run.
  std::vector<std::string> required_components;
  /// Components that a model may have as well. Those of perception (SharedComponents() in
  /// component_shapes.h) are every model's and not listed.
  std::vector<std::string> optional_components;

  /// Fills in what of ModelInfo follows from the pipeline's own components. May be empty.
  /// INVALID_ARGUMENT names the key that is bad.
  std::function<Status(ModelFolder&)> fill_info;
  /// Keys and shapes of one of its components, as ExpectedShapes() in component_shapes.h.
  std::function<Result<TensorMap>(const ModelFolder&, const std::string& component)>
      expected_shapes;
  /// Whether every component that painting needs is described and their sizes fit each other.
  /// INVALID_ARGUMENT names the first that does not. No network is made.
  std::function<Status(const ModelFolder&)> check_configs;
  /// Reads the weights. INVALID_ARGUMENT, NOT_FOUND or DATA_LOSS say what is wrong with the folder;
  /// RESOURCE_EXHAUSTED when the device's memory does not hold the model.
  std::function<Result<std::unique_ptr<Painter>>(ModelFolder, const LoadTarget&)> load;
};

}  // namespace atelier::engine
