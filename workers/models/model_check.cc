#include "models/model_check.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "engine/model_folder/model_folder.h"
#include "engine/pipelines/component_shapes.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/sharded_weights.h"
#include "models/component_check.h"
#include "models/file_kind.h"
#include "models/published_files.h"
#include "perception/texture/published_texture.h"

namespace atelier::models {
namespace {

namespace fs = std::filesystem;

class ModelChecker {
 public:
  ModelChecker(const CheckOptions& options, const fs::path& layout, PublishedFiles published)
      : published_(std::move(published)) {
    report_.folder = options.folder;
    std::error_code error;
    has_model_json_ = fs::exists(options.folder / "model.json", error);
    report_.model_json = (has_model_json_ ? options.folder : layout) / "model.json";
    for (const auto& [name, file] : published_) origin_of_[name] = file.Origin();
  }

  ModelReport Check() && {
    auto model = engine::ReadModelFolderAs(report_.folder, report_.model_json);
    if (!model) {
      Add({.reason = "BAD_MODEL_JSON", .text = model.error().message});
      return std::move(report_);
    }
    model_ = std::move(*model);
    report_.name = model_.info.name;
    FindFiles();
    for (const std::string& name : ComponentNames(model_)) {
      ComponentCheck check = CheckComponent(model_, name, origin_of_);
      report_.components.push_back(std::move(check.report));
      for (Finding& finding : check.findings) Add(std::move(finding));
    }
    CheckSizes();
    CheckTextureFiles();
    AddNotes();
    return std::move(report_);
  }

 private:
  void Add(Finding finding) { report_.findings.push_back(std::move(finding)); }
  void Note(const std::string& reason, const std::string& text) {
    Add({.severity = Severity::kNote, .reason = reason, .text = text});
  }

  /// Every file that model.json names, and under which name it is there.
  void FindFiles() {
    for (auto& [name, component] : model_.components) {
      for (fs::path& path : component.weights) {
        path = Find(path);
        AddShards(path);
      }
    }
    for (fs::path* path : {&model_.info.texture_charts, &model_.info.smpl_layout}) {
      if (!path->empty()) *path = Find(*path);
    }
  }

  /// `path`, or where else a published file lies. A model folder's own model.json is meant as it
  /// stands: its files are loaded from nowhere else.
  fs::path Find(const fs::path& path) {
    const std::string name = Relative(path);
    fs::path found = path;
    const auto published = published_.find(name);
    std::error_code error;
    if (!has_model_json_ && published != published_.end() && !fs::exists(path, error)) {
      for (const std::string& other : published->second.also) {
        if (!fs::exists(report_.folder / other, error)) continue;
        found = report_.folder / other;
        Note("OTHER_NAME", other + " is taken for " + name);
        origin_of_[other] = published->second.Origin();
        break;
      }
    }
    report_.files.push_back({name, Relative(found)});
    return found;
  }

  /// The files of an index are the model's, too, and an index may stand in a file's place.
  void AddShards(const fs::path& path) {
    const fs::path index = engine::IndexInPlaceOf(path);
    if (!engine::IsShardIndex(index)) return;
    if (index != path) report_.files.back() = {Relative(index), Relative(index)};
    // What is wrong with it is told with its component.
    const auto shards = engine::ReadShardIndex(index);
    if (!shards) return;
    for (const auto& [shard, keys] : *shards) {
      report_.files.push_back({Relative(shard), Relative(shard)});
    }
  }

  std::string Relative(const fs::path& path) const {
    return path.lexically_relative(report_.folder).string();
  }

  /// Each config may be right and the whole wrong. What is wrong with one alone was said before.
  void CheckSizes() {
    const bool configs_are_bad = std::ranges::any_of(
        report_.findings, [](const Finding& each) { return each.reason == "BAD_CONFIG"; });
    if (configs_are_bad) return;
    const Status fit = engine::CheckConfigs(model_);
    if (!fit) Add({.reason = "BAD_CONFIG", .text = fit.error().message});
  }

  void CheckTextureFiles() {
    const engine::ModelInfo& info = model_.info;
    if (!info.Reads(engine::Condition::kTextureMap) || info.texture_layout != "smpl") return;
    if (info.smpl_layout.empty()) {
      Add({.reason = "BAD_CONFIG",
           .text =
               "`conditioning.smpl_layout` must be a file with texture_layout smpl. Given: none"});
    } else {
      CheckPicture("smpl", info.smpl_layout, {}, info.smpl_layout);
    }
    if (info.texture_charts.empty()) {
      Note("NO_TEXTURE_CHARTS",
           "no texture_charts: holes of the texture map are filled from the seen texels alone");
    } else {
      CheckPicture("charts", info.texture_charts, info.texture_charts, info.smpl_layout);
    }
  }

  /// `field` is what PublishedLayout::Load() calls the file.
  void CheckPicture(const std::string& field, const fs::path& path, const fs::path& charts,
                    const fs::path& smpl) {
    const std::string file = Relative(path);
    if (const auto trouble = InspectFile(path)) {
      const auto origin = origin_of_.find(file);
      Add({.reason = trouble->reason,
           .file = file,
           .text = trouble->text + (origin == origin_of_.end() ? "" : origin->second)});
      return;
    }
    const auto layout = perception::PublishedLayout::Load(charts, smpl);
    if (layout || layout.error().field != field) return;
    Add({.reason = "BAD_PICTURE", .file = file, .text = layout.error().message});
  }

  void AddNotes() {
    using engine::Condition;
    const engine::ModelInfo& info = model_.info;
    // Keypoints alone are read as in photographs where there is no network.
    const bool reads_iuv = info.Reads(Condition::kTextureMap) || info.Reads(Condition::kTargetIuv);
    if (reads_iuv && !model_.Has("pose_network")) {
      Note("NO_POSE_NETWORK",
           "no pose_network: poses come from a DensePose network of your own (densepose_network of "
           "atelier-pose) or from the IUV pictures that requests bring");
    }
    if (info.Reads(Condition::kFaceEmbedding) && !model_.Has("face_network")) {
      Note("NO_FACE_NETWORK",
           "no face_network: atelier-region needs an ArcFace network of your own (face_embedder)");
    }
    if (engine::KnowsComponent(model_, "texture_completion") && !model_.Has("texture_completion") &&
        info.texture_layout == "atlas") {
      Note("NO_TEXTURE_COMPLETION",
           "no texture_completion: texels that a picture does not show stay as atelier-region "
           "filled them");
    }
  }

  const PublishedFiles published_;
  bool has_model_json_ = false;
  std::map<std::string, std::string> origin_of_;
  engine::ModelFolder model_;
  ModelReport report_;
};

}  // namespace

Result<ModelReport> CheckModel(const CheckOptions& options) {
  std::error_code error;
  if (!fs::is_directory(options.folder, error)) {
    return MakeError(Code::kNotFound, "NO_SUCH_FOLDER",
                     options.folder.string() + ": no such folder");
  }
  if (options.layouts.empty() && !fs::exists(options.folder / "model.json", error)) {
    return MakeError(Code::kFailedPrecondition, "NO_MODEL_JSON",
                     options.folder.string() +
                         ": no model.json, and no layout of a published model to compare with");
  }
  for (const fs::path& layout : options.layouts) {
    if (fs::exists(layout / "model.json", error)) continue;
    return MakeError(Code::kNotFound, "NO_SUCH_FOLDER",
                     layout.string() + ": no model.json of a published layout");
  }
  ATELIER_ASSIGN_OR_RETURN(const fs::path layout, BestLayout(options.folder, options.layouts));
  PublishedFiles published;
  if (!layout.empty()) {
    ATELIER_ASSIGN_OR_RETURN(published, ReadPublishedFiles(layout));
  }
  return ModelChecker(options, layout, std::move(published)).Check();
}

}  // namespace atelier::models
