// Lays published files, or another model folder, out as a model folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "client/models/model_check.h"

namespace atelier::client {

enum class Transfer {
  /// Hard links where the file system allows them, which cost no room; else copies.
  kLinkOrCopy,
  /// Hard links, or nothing.
  kLink,
  kCopy,
};

struct AddModelOptions {
  /// Becomes the folder's name and the model's.
  std::string name;
  /// Folder that is made in `models_dir`, which is made too when it is not there.
  std::filesystem::path models_dir;
  Transfer transfer = Transfer::kLinkOrCopy;
  /// The folder to take the files from, and what checks it.
  ModelCheckOptions source;
  /// Asked every few megabytes whether to give up; empty: never.
  std::function<bool()> stopped = {};
};

struct AddedModel {
  std::filesystem::path folder;
  int linked = 0, copied = 0;
};

/// Checks the source and makes models_dir/name: model.json and its files under the names that it
/// gives. Everything is first laid out and checked again in a hidden folder beside it, which is
/// renamed in the end: there is either the whole new folder or nothing.
///
/// INVALID_ARGUMENT for a bad name; FAILED_PRECONDITION / MODEL_NOT_WHOLE when the source is not a
/// whole model; LOCAL_FILE when the folder exists already or a file cannot be linked or copied;
/// CANCELLED when stopped.
Result<AddedModel> AddModel(const AddModelOptions& options);

/// The reason of a source that is not a whole model.
inline constexpr const char* kModelNotWhole = "MODEL_NOT_WHOLE";

}  // namespace atelier::client
