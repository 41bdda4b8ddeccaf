// PainterSet: the models this worker holds, by name. Filled at start, then read alone: thread-safe.
// PaintingExecutor sees to it that one call paints at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "atelier/v1/model.pb.h"
#include "base/result.h"
#include "engine/painter.h"

namespace atelier::generation {

/// The description of a model that the server gets, under the name `models/{model}`.
v1::Model DescribeModel(const engine::ModelInfo& info);

class PainterSet {
 public:
  /// `sha256`: of the model's folder (v1::Model.sha256). ALREADY_EXISTS when another painter has
  /// its name.
  Status Add(std::unique_ptr<engine::Painter> painter, std::string sha256 = "");

  /// By `models/{model}`; an empty name is the only model there is. NOT_FOUND otherwise.
  Result<engine::Painter*> Find(const std::string& name) const;

  /// v1::Model.sha256 of a model that Find() knows.
  std::string Sha256Of(const engine::Painter& painter) const;

  /// DescribeModel() of each, with its sha256.
  std::vector<v1::Model> Describe() const;

 private:
  struct Held {
    std::unique_ptr<engine::Painter> painter;
    std::string sha256;
  };
  std::map<std::string, Held> by_name_;  // "models/{model}"
};

}  // namespace atelier::generation
