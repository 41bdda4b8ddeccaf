#include "client/models/shipped_models.h"

#include <system_error>

namespace atelier::client {

namespace fs = std::filesystem;

fs::path FindShippedModel(const fs::path& bin_dir, const std::string& name) {
  std::error_code error;
  for (const fs::path& folder :
       {fs::path("models"), bin_dir / "../../../models", bin_dir / "../share/atelier/models"}) {
    if (fs::exists(folder / name / "model.json", error)) {
      return (folder / name).lexically_normal();
    }
  }
  return {};
}

}  // namespace atelier::client
