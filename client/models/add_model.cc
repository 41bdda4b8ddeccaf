#include "client/models/add_model.h"

#include <stdlib.h>  // mkdtemp()

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/local_file.h"
#include "client/models/copy_file.h"
#include "system/atomic_file.h"

namespace atelier::client {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kLongestName = 64;

Unexpected LocalError(const fs::path& path, const std::string& what, Code code = Code::kInternal) {
  return MakeError(code, std::string(kLocalFileReason), path.string() + ": " + what);
}

Status CheckName(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  const bool good = !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
                    name.front() != '-' && std::all_of(name.begin(), name.end(), allowed);
  if (good) return {};
  return InvalidField("name", "1 to 64 letters, digits, -, _ and ., not beginning with - or .",
                      name);
}

/// Goes with everything in it unless it was renamed.
class Workplace {
 public:
  static Result<Workplace> Make(const fs::path& models_dir, const std::string& name) {
    std::error_code error;
    fs::create_directories(models_dir, error);
    if (error) return LocalError(models_dir, error.message());
    std::string path = (models_dir / ("." + name + ".adding-XXXXXX")).string();
    if (::mkdtemp(path.data()) == nullptr) return LocalError(models_dir, std::strerror(errno));
    Workplace workplace;
    workplace.path_ = path;
    // mkdtemp() makes folders for one user alone.
    fs::permissions(path, fs::status(models_dir, error).permissions(), error);
    return workplace;
  }
  Workplace(Workplace&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Workplace& operator=(Workplace&&) = delete;
  ~Workplace() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  /// Never over what is there.
  Status RenameTo(const fs::path& folder) {
    if (const int cause = RenameToFree(path_, folder); cause != 0) {
      return LocalError(folder, std::strerror(cause));
    }
    path_.clear();
    return {};
  }

  const fs::path& path() const { return path_; }

 private:
  Workplace() = default;
  fs::path path_;
};

/// Onto the disk: a rename may otherwise outlive what it names.
Status Flush(const fs::path& path) {
  const int cause = SyncPath(path);
  return cause == 0 ? Status() : LocalError(path, std::strerror(cause));
}

class Layout {
 public:
  Layout(const AddModelOptions& options, const ModelCheck& check, const fs::path& folder)
      : options_(options), check_(check), folder_(folder) {}

  Result<AddedModel> Write() {
    for (const ModelFile& file : check_.files) ATELIER_RETURN_IF_ERROR(Take(file));
    ATELIER_RETURN_IF_ERROR(WriteModelJson());
    ATELIER_RETURN_IF_ERROR(Flush(folder_));
    return added_;
  }

 private:
  /// The name that the layout gives, with the ending that says which format the file has.
  static std::string NameOf(const ModelFile& file) {
    return fs::path(file.name).replace_extension(fs::path(file.found).extension()).string();
  }

  Status Take(const ModelFile& file) {
    const std::string name = NameOf(file);
    renamed_[file.name] = name;
    std::error_code error;
    // What a link leads to: a link to a link would break with the first one.
    const fs::path from = fs::canonical(options_.source.folder / file.found, error);
    if (error) return LocalError(options_.source.folder / file.found, error.message());
    return Place(from, folder_ / name);
  }

  Status Place(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (fs::exists(to, error)) return {};  // Two components may share one file.
    fs::create_directories(to.parent_path(), error);
    if (error) return LocalError(to.parent_path(), error.message());
    if (options_.transfer != Transfer::kCopy) {
      fs::create_hard_link(from, to, error);
      if (!error) {
        ++added_.linked;
        return {};
      }
      if (options_.transfer == Transfer::kLink) {
        return LocalError(from, "cannot be linked to " + to.string() + ": " + error.message());
      }
    }
    ATELIER_RETURN_IF_ERROR(CopyWholeFile(from, to, options_.stopped));
    ++added_.copied;
    return {};
  }

  /// Sizes that a component keeps in a file of their own come along.
  Status TakeConfig(const Json& component) {
    const auto config = component.find("config");
    if (config == component.end() || !config->is_string()) return {};
    const std::string name = config->get<std::string>();
    return Place(check_.model_json.parent_path() / name, folder_ / name);
  }

  void Rename(Json& value) {
    if (value.is_array()) {
      for (Json& each : value) Rename(each);
    } else if (value.is_string()) {
      const auto found = renamed_.find(fs::path(value.get<std::string>()).lexically_normal());
      if (found != renamed_.end()) value = found->second;
    }
  }

  Status WriteModelJson() {
    std::ifstream stream(check_.model_json);
    Json json = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("components")) {
      return LocalError(check_.model_json, "cannot be read again");
    }
    json["name"] = options_.name;
    for (auto& [name, component] : json["components"].items()) {
      Rename(component["weights"]);
      ATELIER_RETURN_IF_ERROR(TakeConfig(component));
    }
    for (const char* key : {"texture_charts", "smpl_layout"}) {
      if (json.contains("conditioning") && json["conditioning"].contains(key)) {
        Rename(json["conditioning"][key]);
      }
    }
    const fs::path path = folder_ / "model.json";
    ATELIER_RETURN_IF_ERROR(WriteFile(path, json.dump(2) + "\n"));
    return Flush(path);
  }

  const AddModelOptions& options_;
  const ModelCheck& check_;
  const fs::path folder_;
  std::map<fs::path, std::string> renamed_;
  AddedModel added_;
};

Unexpected NotWhole(const fs::path& folder, const ModelCheck& check) {
  std::string message = folder.string() +
                        " is not a whole model: " + std::to_string(check.problem_count) +
                        (check.problem_count == 1 ? " problem" : " problems");
  if (!check.problems.empty()) message += ", first: " + check.problems.front();
  return MakeError(Code::kFailedPrecondition, kModelNotWhole, message);
}

}  // namespace

Result<AddedModel> AddModel(const AddModelOptions& options) {
  ATELIER_RETURN_IF_ERROR(CheckName(options.name));
  const fs::path folder = options.models_dir / options.name;
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error))) {
    return LocalError(folder, "exists already; nothing is overwritten", Code::kAlreadyExists);
  }
  ATELIER_ASSIGN_OR_RETURN(const ModelCheck check, CheckModelFolder(options.source));
  if (!check.good) return NotWhole(options.source.folder, check);

  ATELIER_ASSIGN_OR_RETURN(Workplace workplace, Workplace::Make(options.models_dir, options.name));
  ATELIER_ASSIGN_OR_RETURN(AddedModel added, Layout(options, check, workplace.path()).Write());
  ModelCheckOptions again = options.source;
  again.folder = workplace.path();
  ATELIER_ASSIGN_OR_RETURN(const ModelCheck result, CheckModelFolder(again));
  if (!result.good) return NotWhole(workplace.path(), result);
  // Links take no time in which a copy would have noticed.
  if (options.stopped && options.stopped()) {
    return MakeError(Code::kCancelled, "STOPPED", "interrupted; nothing was added");
  }
  ATELIER_RETURN_IF_ERROR(workplace.RenameTo(folder));
  ATELIER_RETURN_IF_ERROR(Flush(options.models_dir));
  added.folder = folder;
  return added;
}

}  // namespace atelier::client
