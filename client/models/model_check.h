// What atelier-model-check says of a folder, asked as a child process: this program links no
// engine.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::client {

struct ModelCheckOptions {
  /// Folder of atelier-model-check.
  std::filesystem::path bin_dir;
  std::filesystem::path folder;
  /// Published layouts: a folder without model.json is compared with the one of whose
  /// files it has the largest share. Empty: none.
  std::vector<std::filesystem::path> layouts;
};

/// One file that model.json names, and the path under which the folder has it; both relative to it.
struct ModelFile {
  std::string name, found;
};

/// The parts of a report that this program acts on.
struct ModelCheck {
  bool good = false;
  /// As printed: JSON, one object.
  std::string json;
  /// model.json that the folder was compared with.
  std::filesystem::path model_json;
  std::string name;
  std::vector<ModelFile> files;
  /// One sentence a problem, those that are listed; all of them counted.
  std::vector<std::string> problems;
  int problem_count = 0;
  int component_count = 0;
};

/// Checks the folder. LOCAL_FILE with the path when the folder is not there, the program cannot be
/// run or it cannot look at the folder.
Result<ModelCheck> CheckModelFolder(const ModelCheckOptions& options);

/// The same report as text for people, and whether the model is good.
struct ModelCheckText {
  bool good = false;
  std::string text;
};
Result<ModelCheckText> DescribeModelFolder(const ModelCheckOptions& options);

}  // namespace atelier::client
