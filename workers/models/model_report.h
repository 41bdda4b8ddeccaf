// ModelReport: what is there of a model folder, what is missing and what does not fit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace atelier::models {

enum class Severity {
  /// Worth knowing; the model works.
  kNote,
  /// The model cannot be loaded or served as it is.
  kProblem,
};

struct Finding {
  Severity severity = Severity::kProblem;
  /// Stable, UPPER_SNAKE: FileTrouble's, or BAD_MODEL_JSON, BAD_CONFIG, FILE_DAMAGED, KEY_MISSING,
  /// KEY_UNKNOWN, NO_SUCH_PREFIX, SHAPE, QUANTISED, SEVERAL_COPIES, OTHER_NETWORK, BAD_PICTURE, and
  /// of notes OTHER_NAME, KEY_PREFIX, WRONG_EXTENSION, NO_POSE_NETWORK, NO_FACE_NETWORK,
  /// NO_TEXTURE_COMPLETION, NO_TEXTURE_CHARTS.
  std::string reason = {};
  /// "vae"; empty when no component is to blame.
  std::string component = {};
  /// Relative to the folder; empty when no file is to blame.
  std::string file = {};
  /// Of the weights; empty when no key is to blame.
  std::string key = {};
  /// The shape the network wants and the file's; empty where there is none (or a scalar's).
  std::vector<int64_t> expected = {}, found = {};
  /// One sentence: what is wrong and what to do.
  std::string text = {};
};

/// One component of model.json.
struct ComponentReport {
  std::string name;
  /// As found, relative to the folder.
  std::vector<std::string> files;
  /// Of the network that model.json describes; 0 when its config cannot be read.
  int64_t tensors = 0, parameters = 0;
  /// Of its files together; holes in them count.
  uint64_t bytes = 0;
  /// All problems, and how many of them are not among the findings.
  int64_t problems = 0, unlisted = 0;
};

/// A file that model.json names and the path at which it was found, both relative to the folder.
struct FoundFile {
  std::string name, found;
};

struct ModelReport {
  std::filesystem::path folder;
  /// What the folder was compared with: its own model.json, or a published layout's.
  std::filesystem::path model_json;
  /// The name in model.json; empty when it cannot be read.
  std::string name;
  std::vector<ComponentReport> components;
  std::vector<FoundFile> files;
  std::vector<Finding> findings;

  /// With those that are not listed.
  int64_t problems() const;
  int64_t notes() const;
};

/// A line for each component and each finding, and a last one that counts.
std::string ToText(const ModelReport& report);

/// {"folder", "model_json", "name", "good", "components": [...], "files": [{"name", "found"}],
/// "findings": [{"severity", "reason", "component", "file", "key", "expected", "found", "text"}],
/// "problems", "notes"}, one line a value. Texts that are no UTF-8 are made so.
std::string ToJson(const ModelReport& report);

}  // namespace atelier::models
