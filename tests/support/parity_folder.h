// A folder of golden files of the published code: tests/parity/data/README.md has the format.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace atelier::testing {

class ParityFolder {
 public:
  /// tests/parity/data: 128x128 pixels, every file of the format.
  static ParityFolder Committed();
  /// $ATELIER_PARITY_DATA, else Committed(): also when that is a folder of FPDM's goldens.
  static ParityFolder Chosen();

  /// `root` in the format, or laid out as the reference files come: tiny_config.json, goldens/ and
  /// safetensors/.
  explicit ParityFolder(const std::filesystem::path& root);

  const std::filesystem::path& root() const { return root_; }
  /// Sizes of every network, and what else config.json says.
  const nlohmann::json& config() const { return config_; }
  /// Where the golden tensors `name`.safetensors are, or would be.
  std::filesystem::path Goldens(const std::string& name) const;
  /// Weights of `component`, under the published key names: "vae", "denoising_unet", ...
  std::filesystem::path Weights(const std::string& component) const;

 private:
  std::filesystem::path root_;
  nlohmann::json config_;
};

}  // namespace atelier::testing
