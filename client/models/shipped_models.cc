#include "client/models/shipped_models.h"

#include <system_error>
#include <utility>

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

std::vector<fs::path> FindPublishedLayouts(const fs::path& bin_dir) {
  std::vector<fs::path> layouts;
  for (const char* name : {"mcld", "fpdm"}) {
    fs::path layout = FindShippedModel(bin_dir, name);
    if (!layout.empty()) layouts.push_back(std::move(layout));
  }
  return layouts;
}

}  // namespace atelier::client
