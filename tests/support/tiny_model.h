// A model folder over the weights of a parity folder: MCLD's shape at toy size, random weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/parity_folder.h"

namespace atelier::testing {

/// Pixels of the picture and of the texture map.
struct TinyModelSizes {
  int64_t height = 128, width = 128;
  int64_t texture_height = 128, texture_width = 128;
};

/// Makes a fresh folder with model.json and links to the weights; removed in the end.
class TinyModelFolder {
 public:
  explicit TinyModelFolder(const ParityFolder& parity = ParityFolder::Committed(),
                           const TinyModelSizes& sizes = {});
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
