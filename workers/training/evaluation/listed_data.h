// The data sets that published test lists are of: where a pair's files are, and what a model is
// given of them. Files alone: nothing is estimated.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/painter.h"
#include "training/evaluation/pair_list.h"

namespace atelier::training {

class ListedData {
 public:
  virtual ~ListedData() = default;

  /// What it has of a pair.
  virtual std::vector<engine::Condition> conditions() const = 0;
  /// NOT_FOUND names the first file of the pair that is not there.
  virtual Status FindFiles(const ListedPair& pair) const = 0;
  /// The decoders' errors name the file.
  virtual Result<engine::PaintRequest> RequestOf(const ListedPair& pair) const = 0;
  virtual std::filesystem::path TargetOf(const ListedPair& pair) const = 0;
};

/// FPDM: `folder`/img, and pose_img with the drawn pose of each picture, as it is named or as .png
/// or .jpg. MCLD: `folder`/test with the pictures, test_densepose and test_texture with PNGs of the
/// same stems (channels V, U, part), and test_face with .npy; who has no such file shows no face.
std::unique_ptr<ListedData> OpenListedData(ListKind kind, const std::filesystem::path& folder);

/// An RGB picture from a file. INVALID_ARGUMENT names the file.
Result<Image> ReadPictureFile(const std::filesystem::path& path);

}  // namespace atelier::training
