#include "client/cli/studio_paths.h"

#include <system_error>

#include "client/models/shipped_models.h"

namespace atelier::cli {

namespace fs = std::filesystem;

fs::path ProgramFolder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path(".") : program.parent_path();
}

std::vector<fs::path> DefaultModels(const fs::path& bin_dir) {
  const fs::path model = client::FindShippedModel(bin_dir, "atelier-mini");
  return model.empty() ? std::vector<fs::path>() : std::vector<fs::path>{model};
}

}  // namespace atelier::cli
