#include "people/fit/load_fitter.h"

namespace atelier::people {

std::string BodyFile(const std::string& setting) {
  return setting.empty() ? ATELIER_PEOPLE_BODY : setting;
}

Result<std::shared_ptr<const BodyFitter>> LoadFitter(const std::string& setting) {
  if (setting == "none") return nullptr;
  ATELIER_ASSIGN_OR_RETURN(auto body, Body::Load(BodyFile(setting)));
  return std::make_shared<const BodyFitter>(std::move(body));
}

}  // namespace atelier::people
