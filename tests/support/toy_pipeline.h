// A second pipeline, "toy": a few lines that stand for whatever comes after MCLD. It paints the
// source picture in a tint, its keypoints over it, and reads neither texture map, IUV nor face. No
// LibTorch in this header.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "support/temp_dir.h"

namespace atelier::testing {

/// Makes the engine know "toy". To be called before a model of it is read.
void RegisterToyPipeline();

/// A fresh folder of a model called "toy": model.json and one tensor, its tint (0.5, 1, 0.25).
class ToyModelFolder {
 public:
  ToyModelFolder();
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TempDir folder_;
};

}  // namespace atelier::testing
