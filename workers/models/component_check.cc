#include "models/component_check.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "engine/model_folder/load_component.h"
#include "engine/pipelines/component_shapes.h"
#include "engine/weights/fit_keys.h"
#include "engine/weights/sharded_weights.h"
#include "models/file_kind.h"
#include "models/model_check.h"

namespace atelier::models {
namespace {

namespace fs = std::filesystem;
using engine::KeyMismatch;
using engine::TensorMap;

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t side : shape) text += (text.empty() ? "" : ", ") + std::to_string(side);
  return "[" + text + "]";
}

/// Readers put the path before their messages; a finding names the file itself.
std::string WithoutPath(std::string message, const fs::path& path) {
  const std::string prefix = path.string() + ": ";
  while (message.starts_with(prefix)) message.erase(0, prefix.size());
  return message;
}

/// A file may give keys of any length.
std::string Shortened(const std::string& key) {
  constexpr size_t kLongest = 200;
  return key.size() <= kLongest ? key : key.substr(0, kLongest) + "...";
}

class Checker {
 public:
  Checker(const engine::ModelFolder& model, const std::string& name,
          const std::map<std::string, std::string>& origin_of)
      : model_(model), origin_of_(origin_of) {
    check_.report.name = name;
  }

  ComponentCheck Check() && {
    const auto expected = engine::ExpectedShapes(model_, check_.report.name);
    if (expected) {
      check_.report.tensors = static_cast<int64_t>(expected->size());
      for (const auto& [key, tensor] : *expected) check_.report.parameters += tensor.numel();
    } else {
      Add({.reason = "BAD_CONFIG", .text = expected.error().message});
    }
    const auto component = model_.components.find(check_.report.name);
    if (component == model_.components.end()) return std::move(check_);
    for (const fs::path& path : component->second.weights) {
      ReadFiles(path, expected ? *expected : TensorMap());
    }
    if (expected && !found_.empty()) Compare(*expected);
    return std::move(check_);
  }

 private:
  void Add(Finding finding) {
    ++check_.report.problems;
    finding.component = check_.report.name;
    if (std::ssize(check_.findings) < kListedFindings) {
      check_.findings.push_back(std::move(finding));
    } else {
      ++check_.report.unlisted;
    }
  }

  std::string Relative(const fs::path& path) const {
    return path.lexically_relative(model_.folder).string();
  }

  void AddNote(const std::string& reason, const std::string& file, const std::string& text) {
    check_.findings.push_back({.severity = Severity::kNote,
                               .reason = reason,
                               .component = check_.report.name,
                               .file = file,
                               .text = text});
  }

  void AddUnread(const std::string& file, const std::string& reason, const std::string& text) {
    all_read_ = false;
    const auto origin = origin_of_.find(file);
    Add({.reason = reason,
         .file = file,
         .text = text + (origin == origin_of_.end() ? "" : origin->second)});
  }

  /// A file, or all that an index names.
  void ReadFiles(const fs::path& given, const TensorMap& expected) {
    const fs::path path = engine::IndexInPlaceOf(given);
    if (!engine::IsShardIndex(path)) return ReadFile(path, expected, nullptr);
    const auto shards = engine::ReadShardIndex(path);
    if (!shards) {
      const bool missing = shards.error().code == Code::kNotFound;
      return AddUnread(Relative(path), missing ? "FILE_MISSING" : "FILE_DAMAGED",
                       WithoutPath(shards.error().message, path));
    }
    for (const auto& [shard, keys] : *shards) ReadFile(shard, expected, &keys);
  }

  /// `keys` are those that its index names; null: all of them.
  void ReadFile(const fs::path& path, const TensorMap& expected,
                const std::set<std::string>* keys) {
    const std::string file = Relative(path);
    if (const auto trouble = InspectFile(path)) {
      if (trouble->reason != "WRONG_EXTENSION") {
        return AddUnread(file, trouble->reason, trouble->text);
      }
      AddNote(trouble->reason, file,
              trouble->text.substr(0, trouble->text.find(':')) +
                  " under another name, and read as such");
    }
    std::error_code error;
    check_.report.files.push_back(file);
    check_.report.bytes += fs::file_size(path, error);
    auto shapes = engine::ReadShapes(path);
    if (!shapes) {
      all_read_ = false;
      Add({.reason = "FILE_DAMAGED",
           .file = file,
           .text = WithoutPath(shapes.error().message, path)});
      return;
    }
    if (keys != nullptr) {
      std::erase_if(*shapes, [&](const auto& item) { return !keys->contains(item.first); });
    }
    const std::string& prefix = model_.components.at(check_.report.name).prefix;
    const auto own = engine::KeysUnder(prefix, *shapes);
    if (!own) {
      all_read_ = false;
      Add({.reason = own.error().reason, .file = file, .text = own.error().message});
      return;
    }
    const TensorMap current = engine::WithCurrentVaeKeys(*own);
    for (auto& [key, tensor] : engine::WithoutCommonPrefix(expected, current)) {
      file_of_[key] = file;
      found_.insert_or_assign(key, tensor);
    }
    if (!current.empty() && !found_.contains(current.begin()->first)) AddPrefixNote(file);
  }

  void AddPrefixNote(const std::string& file) {
    AddNote("KEY_PREFIX", file,
            "its keys stand under what the network was wrapped in when it was saved, which is "
            "passed over");
  }

  void Compare(const TensorMap& expected) {
    const auto fitted = engine::FitKeys(expected, found_, engine::ComponentOptions());
    const std::string file = check_.report.files.front();
    if (!fitted) {
      Add({.reason = fitted.error().reason, .file = file, .text = fitted.error().message});
      return;
    }
    const auto mismatches =
        engine::CompareStateDict(expected, fitted->tensors, engine::ComponentOptions());
    if (mismatches.empty() && !fitted->prefix.empty()) AddPrefixNote(file);
    if (mismatches.empty() || IsOtherNetwork()) return;
    for (const auto& [key, origin] : fitted->origins) file_of_[key] = file_of_[origin];
    for (const KeyMismatch& mismatch : mismatches) AddMismatch(mismatch);
  }

  /// One finding in place of hundreds, where one reason explains them all.
  bool IsOtherNetwork() {
    const std::string file = check_.report.files.front();
    for (const std::string& other : ComponentNames(model_)) {
      if (other == check_.report.name || !model_.Has(other)) continue;
      // Another network of the same kind, rightly in the same place, explains nothing.
      const auto& own = model_.components.at(check_.report.name);
      if (!own.prefix.empty()) continue;
      const auto shapes = engine::ExpectedShapes(model_, other);
      if (!shapes || !engine::CompareStateDict(*shapes, found_, engine::ComponentOptions()).empty())
        continue;
      Add({.reason = "OTHER_NETWORK",
           .file = file,
           .text = "holds the weights of " + other + ", not of " + check_.report.name});
      return true;
    }
    return false;
  }

  void AddMismatch(const KeyMismatch& mismatch) {
    using Kind = KeyMismatch::Kind;
    Finding finding{
        .key = Shortened(mismatch.key), .expected = mismatch.expected, .found = mismatch.found};
    const std::string key = "`" + finding.key + "` ";
    if (mismatch.kind == Kind::kMissing) {
      // The key may be in a file that was not read.
      if (!all_read_) return;
      finding.reason = "KEY_MISSING";
      // Of several files nobody can say which should have it.
      if (check_.report.files.size() == 1) finding.file = check_.report.files.front();
      finding.text = key + ShapeText(mismatch.expected) + " is missing";
    } else if (mismatch.kind == Kind::kWholeNumbers) {
      finding.file = file_of_.at(mismatch.key);
      finding.reason = "QUANTISED";
      finding.text = key + "is of whole numbers: quantised weights are not read";
    } else {
      finding.file = file_of_.at(mismatch.key);
      const bool extra = mismatch.kind == Kind::kExtra;
      finding.reason = extra ? "KEY_UNKNOWN" : "SHAPE";
      finding.text = extra ? key + ShapeText(mismatch.found) + " is no key of this network"
                           : key + "must be " + ShapeText(mismatch.expected) +
                                 ". Given: " + ShapeText(mismatch.found);
    }
    Add(std::move(finding));
  }

  const engine::ModelFolder& model_;
  const std::map<std::string, std::string>& origin_of_;
  ComponentCheck check_;
  bool all_read_ = true;
  TensorMap found_;
  std::map<std::string, std::string> file_of_;
};

}  // namespace

ComponentCheck CheckComponent(const engine::ModelFolder& model, const std::string& name,
                              const std::map<std::string, std::string>& origin_of) {
  return Checker(model, name, origin_of).Check();
}

std::vector<std::string> ComponentNames(const engine::ModelFolder& model) {
  std::vector<std::string> names = engine::RequiredComponents(model);
  for (const auto& [name, component] : model.components) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace atelier::models
