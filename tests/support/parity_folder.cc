#include "support/parity_folder.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace atelier::testing {
namespace {

namespace fs = std::filesystem;

/// Folders of FPDM's goldens have it (parity/fpdm/tiny_fpdm.h).
constexpr const char* kFpdmFile = "golden_inference.safetensors";

/// The first of `paths` that is there, else the first of all.
fs::path FirstThere(const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths)
    if (fs::exists(path)) return path;
  return paths.front();
}

nlohmann::json ReadJson(const fs::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return nlohmann::json::parse(in);
}

}  // namespace

ParityFolder ParityFolder::Committed() {
  return ParityFolder(fs::path(ATELIER_SOURCE_DIR) / "tests/parity/data");
}

ParityFolder ParityFolder::Chosen() {
  const char* folder = std::getenv("ATELIER_PARITY_DATA");
  const bool is_ours = folder != nullptr && !fs::exists(fs::path(folder) / kFpdmFile) &&
                       !fs::exists(fs::path(folder) / "tiny" / kFpdmFile);
  return is_ours ? ParityFolder(folder) : Committed();
}

ParityFolder::ParityFolder(const fs::path& root)
    : root_(fs::absolute(root)),
      config_(ReadJson(FirstThere({root_ / "config.json", root_ / "tiny_config.json"}))) {}

fs::path ParityFolder::Goldens(const std::string& name) const {
  const std::string file = name + ".safetensors";
  return FirstThere({root_ / file, root_ / "goldens" / file});
}

fs::path ParityFolder::Weights(const std::string& component) const {
  const fs::path folder =
      FirstThere({root_ / config_.value("weights", "weights"), root_ / "safetensors"});
  return FirstThere(
      {folder / (component + ".safetensors"), folder / (component + "_new_key_names.safetensors")});
}

}  // namespace atelier::testing
