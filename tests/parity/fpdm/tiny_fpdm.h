// FPDM's shape at toy size with random weights: a folder of golden files of the published code, and
// a model folder over its weights.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace atelier::testing {

/// A folder of golden files: tests/parity/fpdm/data/README.md has the format.
class FpdmParityFolder {
 public:
  static FpdmParityFolder Committed();
  /// $ATELIER_PARITY_DATA where that is a folder of FPDM's, or has one named tiny; else
  /// Committed().
  static FpdmParityFolder Chosen();

  explicit FpdmParityFolder(const std::filesystem::path& root);

  const std::filesystem::path& root() const { return root_; }
  const nlohmann::json& config() const { return config_; }
  bool is_committed() const;

 private:
  std::filesystem::path root_;
  nlohmann::json config_;
};

/// Makes a fresh folder with model.json and a link to the stage 2 checkpoint, which holds every
/// network; removed in the end.
class TinyFpdmFolder {
 public:
  explicit TinyFpdmFolder(const FpdmParityFolder& parity = FpdmParityFolder::Committed());
  ~TinyFpdmFolder();
  TinyFpdmFolder(const TinyFpdmFolder&) = delete;
  TinyFpdmFolder& operator=(const TinyFpdmFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// What was written; change it and Write() it again to make another model.
  nlohmann::json& model() { return model_; }
  void Write() const;

 private:
  std::filesystem::path path_;
  nlohmann::json model_;
};

}  // namespace atelier::testing
