// What a service holds for each of its models, found by the name that a request gives.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace atelier {

/// `models/{model}`, as requests and answers name a model.
std::string ModelResource(const std::string& name);

/// NOT_FOUND (UNKNOWN_MODEL) naming `model`: this service holds `held` alone, resource names.
Unexpected UnknownModel(const std::string& given, const std::vector<std::string>& held);

/// ALREADY_EXISTS (MODEL_NAME_TAKEN).
Unexpected ModelNameTaken(const std::string& resource);

/// Filled at start, then read alone: thread-safe as far as the models are. The first one is meant
/// by requests without a model.
template <typename Model>
class NamedModels {
 public:
  /// One of them; good until a model is added or this is moved.
  struct Found {
    /// `models/{model}`.
    const std::string& name;
    Model& item;
  };

  /// `name` as model.json has it. ALREADY_EXISTS when there is one of that name.
  Status Add(const std::string& name, Model model) {
    const std::string resource = ModelResource(name);
    if (Position(resource) != models_.size()) return ModelNameTaken(resource);
    names_.push_back(resource);
    models_.push_back(std::move(model));
    return {};
  }

  /// By resource name; the first one for an empty name. NOT_FOUND (UNKNOWN_MODEL).
  Result<Found> Find(const std::string& resource) {
    const size_t position = resource.empty() ? 0 : Position(resource);
    if (position >= models_.size()) return UnknownModel(resource, names_);
    return Found{names_[position], models_[position]};
  }

  /// Resource names in the order they were added.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Model>& models() const { return models_; }

 private:
  /// The number of models when there is none of that name.
  size_t Position(const std::string& resource) const {
    size_t position = 0;
    while (position < names_.size() && names_[position] != resource) ++position;
    return position;
  }

  std::vector<std::string> names_;
  std::vector<Model> models_;  // one each
};

}  // namespace atelier
