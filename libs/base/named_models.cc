#include "base/named_models.h"

namespace atelier {

std::string ModelResource(const std::string& name) { return "models/" + name; }

Unexpected UnknownModel(const std::string& given, const std::vector<std::string>& held) {
  std::string names;
  for (const std::string& name : held) names += (names.empty() ? "" : ", ") + name;
  return Unexpected(Error{
      Code::kNotFound, "UNKNOWN_MODEL",
      "`model` must be one that this service holds (" + names + "). Given: " + given, "model"});
}

Unexpected ModelNameTaken(const std::string& resource) {
  return MakeError(Code::kAlreadyExists, "MODEL_NAME_TAKEN", "two models are called " + resource);
}

}  // namespace atelier
