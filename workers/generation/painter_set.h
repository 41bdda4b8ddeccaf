// PainterSet: the models this worker holds, by name. Filled at start, then read alone: thread-safe.
// Painting itself takes turns, see PaintingExecutor.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "atelier/v1/model.pb.h"
#include "base/result.h"
#include "engine/painter.h"

namespace atelier::generation {

/// A model as the server is told of it, under the name `models/{model}`.
v1::Model DescribeModel(const engine::ModelInfo& info);

class PainterSet {
 public:
  /// ALREADY_EXISTS when another painter has its name.
  Status Add(std::unique_ptr<engine::Painter> painter);

  /// By `models/{model}`; an empty name is the only model there is. NOT_FOUND otherwise.
  Result<engine::Painter*> Find(const std::string& name) const;

  /// DescribeModel() of each.
  std::vector<v1::Model> Describe() const;

 private:
  std::map<std::string, std::unique_ptr<engine::Painter>> by_name_;  // "models/{model}"
};

}  // namespace atelier::generation
