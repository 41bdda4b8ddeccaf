#include "perception/selection/estimator_settings.h"

namespace atelier::perception {

namespace fs = std::filesystem;

v1::Estimator EstimatorOf(std::string_view setting) {
  if (setting == "rendered") return v1::ESTIMATOR_RENDERED;
  if (setting == "photograph") return v1::ESTIMATOR_PHOTOGRAPH;
  return v1::ESTIMATOR_AUTO;
}

Result<v1::Estimator> ChosenEstimator(v1::Estimator asked, v1::Estimator preset) {
  switch (asked) {
    case v1::ESTIMATOR_UNSPECIFIED:
      return preset;
    case v1::ESTIMATOR_AUTO:
    case v1::ESTIMATOR_RENDERED:
    case v1::ESTIMATOR_PHOTOGRAPH:
      return asked;
    default:
      return InvalidField("estimator", "an Estimator that this service knows",
                          std::to_string(asked));
  }
}

Unexpected NoPhotographNetworks() {
  return MakeError(Code::kFailedPrecondition, "NO_PHOTOGRAPH_NETWORKS",
                   "this service has no networks for photographs; its owner makes them with "
                   "`./dev setup` and names their folder in `photograph_models`");
}

fs::path PhotographFolder(const std::string& setting, const fs::path& model) {
  if (!setting.empty()) return setting;
  fs::path folder = fs::absolute(model).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "models/mini/"
  return folder.parent_path() / "photographs";
}

Result<fs::path> FindPhotographs(const std::string& setting, const fs::path& model,
                                 v1::Estimator preset) {
  const fs::path folder = PhotographFolder(setting, model);
  std::error_code error;
  if (fs::is_directory(folder, error)) return folder;
  if (setting.empty() && preset != v1::ESTIMATOR_PHOTOGRAPH) return fs::path();
  return MakeError(Code::kNotFound, "NO_PHOTOGRAPH_NETWORKS",
                   folder.string() +
                       " is no folder; `./dev setup` makes the networks for "
                       "photographs");
}

}  // namespace atelier::perception
