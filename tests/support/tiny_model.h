// A model folder over the committed parity weights: MCLD's shape at toy size, random weights.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace atelier::testing {

/// The committed golden files: $ATELIER_PARITY_DATA, else tests/parity/data.
std::filesystem::path ParityFolder();

/// Makes a fresh folder with model.json and links to the weights; removed in the end.
class TinyModelFolder {
 public:
  TinyModelFolder();
  ~TinyModelFolder();
  TinyModelFolder(const TinyModelFolder&) = delete;
  TinyModelFolder& operator=(const TinyModelFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// What was written; change it and Write() it again to make another model.
  nlohmann::json& model() { return model_; }
  void Write() const;

 private:
  std::filesystem::path path_;
  nlohmann::json model_;
};

}  // namespace atelier::testing
