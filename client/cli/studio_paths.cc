#include "client/cli/studio_paths.h"

namespace atelier::cli {

namespace fs = std::filesystem;

fs::path ProgramFolder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path(".") : program.parent_path();
}

std::vector<fs::path> DefaultModels(const fs::path& bin_dir) {
  const fs::path name = "atelier-mini";
  std::error_code error;
  for (const fs::path& folder :
       {fs::path("models"), bin_dir / "../../../models", bin_dir / "../share/atelier/models"}) {
    if (fs::exists(folder / name / "model.json", error)) {
      return {(folder / name).lexically_normal()};
    }
  }
  return {};
}

}  // namespace atelier::cli
