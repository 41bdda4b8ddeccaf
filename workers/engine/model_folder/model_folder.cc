#include "engine/model_folder/model_folder.h"

#include <fstream>
#include <sstream>

#include "base/iuv_chart.h"
#include "engine/schedulers/scheduler.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxSide = 4096;
constexpr uintmax_t kMaxJsonBytes = 4 << 20;

Result<nlohmann::json> ReadJson(const fs::path& path) {
  std::error_code code;
  if (!fs::is_regular_file(path, code)) {
    return MakeError(Code::kNotFound, "NO_SUCH_FILE", path.string() + ": no such file");
  }
  if (fs::file_size(path, code) > kMaxJsonBytes) {
    return MakeError(Code::kInvalidArgument, "BAD_JSON", path.string() + ": larger than 4 MB");
  }
  std::ifstream file(path);
  nlohmann::json json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return MakeError(Code::kInvalidArgument, "BAD_JSON", path.string() + ": not a JSON object");
  }
  return json;
}

/// `name` as a path inside of `folder`, by its text alone: a link inside may lead anywhere.
Result<fs::path> Inside(const fs::path& folder, const std::string& key, const std::string& name) {
  const fs::path path = fs::path(name).lexically_normal();
  if (name.empty() || path.is_absolute() || *path.begin() == ".." || path == ".") {
    return InvalidField(key, "a file inside of the model folder", name);
  }
  return folder / path;
}

Result<std::vector<fs::path>> ReadWeightNames(const fs::path& folder, const std::string& key,
                                              const nlohmann::json& json) {
  std::vector<nlohmann::json> names;
  if (json.is_array()) {
    names.assign(json.begin(), json.end());
  } else {
    names.push_back(json);
  }
  std::vector<fs::path> paths;
  for (const nlohmann::json& name : names) {
    if (!name.is_string()) return InvalidField(key, "a file name or a list of them", name.dump());
    ATELIER_ASSIGN_OR_RETURN(fs::path path, Inside(folder, key, name.get<std::string>()));
    paths.push_back(std::move(path));
  }
  if (paths.empty()) return InvalidField(key, "a file name or a list of them", "[]");
  return paths;
}

Result<ComponentConfig> ReadComponent(const fs::path& folder, const std::string& name,
                                      const nlohmann::json& json) {
  const std::string path = "components." + name;
  ComponentConfig component{
      .name = name, .prefix = {}, .weights = {}, .config = nlohmann::json::object()};
  JsonReader reader(json, path);
  reader.Require("weights");
  const nlohmann::json* weights = reader.Any("weights");
  const nlohmann::json* config = reader.Any("config");
  reader.Optional("prefix", component.prefix);
  if (!component.prefix.empty() && component.prefix.back() != '.')
    reader.Refuse("prefix", "text that ends with a dot", component.prefix);
  ATELIER_RETURN_IF_ERROR(reader.FinishStrict());
  ATELIER_ASSIGN_OR_RETURN(component.weights, ReadWeightNames(folder, path + ".weights", *weights));
  if (config == nullptr) return component;
  if (config->is_string()) {
    ATELIER_ASSIGN_OR_RETURN(const fs::path file,
                             Inside(folder, path + ".config", config->get<std::string>()));
    ATELIER_ASSIGN_OR_RETURN(component.config, ReadJson(file));
  } else if (config->is_object()) {
    component.config = *config;
  } else {
    return InvalidField(path + ".config", "an object or a file name", config->dump());
  }
  return component;
}

Status ReadComponents(const nlohmann::json& json, ModelFolder& model) {
  JsonReader reader(json, "components");
  for (const auto& [name, value] : json.items()) {
    const nlohmann::json* component = reader.Object(name);
    ATELIER_RETURN_IF_ERROR(reader.Finish());
    ATELIER_ASSIGN_OR_RETURN(model.components[name], ReadComponent(model.folder, name, *component));
  }
  return {};
}

Status ReadTextureFiles(JsonReader& reader, ModelFolder& model) {
  std::string charts, smpl;
  reader.Optional("texture_charts", charts);
  reader.Optional("smpl_layout", smpl);
  const std::string& layout = model.conditioning.texture_layout;
  if (layout != "smpl" && !charts.empty())
    reader.Refuse("texture_charts", "absent unless texture_layout is smpl", charts);
  if (layout != "smpl" && !smpl.empty())
    reader.Refuse("smpl_layout", "absent unless texture_layout is smpl", smpl);
  if (!charts.empty()) {
    ATELIER_ASSIGN_OR_RETURN(model.info.texture_charts,
                             Inside(model.folder, "conditioning.texture_charts", charts));
  }
  if (!smpl.empty()) {
    ATELIER_ASSIGN_OR_RETURN(model.info.smpl_layout,
                             Inside(model.folder, "conditioning.smpl_layout", smpl));
  }
  return {};
}

Status ReadFpdm(const nlohmann::json& json, FpdmConditioning& config) {
  JsonReader reader(json, "conditioning.fpdm");
  reader.Optional("source_encoder", config.source_encoder, {"dinov2", "clip"});
  reader.Optional("source_encoder_size", config.source_encoder_size, 1, kMaxSide);
  reader.Optional("source_picture_size", config.source_picture_size, 1, kMaxSide);
  reader.Optional("fusion", config.fusion, {"none", "source", "fused"});
  reader.Optional("fusion_guidance_ratio", config.fusion_guidance_ratio, 0.0, 10.0);
  return reader.FinishStrict();
}

Status ReadConditioning(const nlohmann::json& json, ModelFolder& model) {
  ConditioningConfig& config = model.conditioning;
  JsonReader reader(json, "conditioning");
  reader.Optional("ip_adapter_scale", config.ip_adapter_scale, 0.0, 10.0);
  reader.Optional("reference_dtype", config.reference_dtype, {"float16", "float32"});
  reader.Optional("texture_layout", config.texture_layout, {"smpl", "atlas"});
  reader.Optional("texture_height", config.texture_height, 8, kMaxSide);
  reader.Optional("texture_width", config.texture_width, 8, kMaxSide);
  ATELIER_RETURN_IF_ERROR(ReadTextureFiles(reader, model));
  reader.Optional("iuv_encoding", config.iuv_encoding, {"vui", "one_hot"});
  reader.Optional("clip_input", config.clip_input, {"crop", "squash"});
  reader.Optional("iuv_chart", model.info.iuv_chart, {kIuvCharts.begin(), kIuvCharts.end()});
  reader.Optional("latent_scale", config.latent_scale, 1e-6, 1e6);
  if (const nlohmann::json* warp = reader.Object("texture_warp")) {
    JsonReader warp_reader(*warp, "conditioning.texture_warp");
    warp_reader.Optional("pose_guider", config.warp_pose_guider);
    warp_reader.Optional("latents", config.warp_latents);
    warp_reader.Optional("prior_deviation", config.prior_deviation, 0.0, 10.0);
    if (config.prior_deviation > 0 && !config.warp_latents)
      warp_reader.Refuse("prior_deviation", "0 unless latents is true",
                         std::to_string(config.prior_deviation));
    ATELIER_RETURN_IF_ERROR(warp_reader.FinishStrict());
  }
  if (const nlohmann::json* fpdm = reader.Object("fpdm"))
    ATELIER_RETURN_IF_ERROR(ReadFpdm(*fpdm, config.fpdm));
  if (config.texture_layout == "atlas" &&
      (config.texture_height % 4 != 0 || config.texture_width != config.texture_height / 4 * 6)) {
    reader.Refuse("texture_width", "6 / 4 of texture_height with the atlas layout",
                  std::to_string(config.texture_width));
  }
  return reader.FinishStrict();
}

Status ReadDefaults(const nlohmann::json& json, ModelInfo& info) {
  JsonReader reader(json, "defaults");
  reader.Optional("steps", info.default_steps, 1, 1000);
  reader.Optional("guidance", info.default_guidance, 1.0, 30.0);
  reader.Optional("scheduler", info.default_scheduler, SchedulerNames());
  return reader.FinishStrict();
}

Status ReadSteps(const nlohmann::json& json, ModelInfo& info) {
  JsonReader reader(json, "steps");
  reader.Optional("min", info.min_steps, 1, 1000);
  reader.Optional("max", info.max_steps, 1, 1000);
  if (info.min_steps > info.max_steps)
    reader.Refuse("max", "at least steps.min", std::to_string(info.max_steps));
  return reader.FinishStrict();
}

Status Parse(const nlohmann::json& json, ModelFolder& model) {
  ModelInfo& info = model.info;
  info.default_scheduler = SchedulerNames().front();
  info.schedulers = SchedulerNames();
  model.scheduler = nlohmann::json::object();
  JsonReader reader(json, "");
  for (const char* key : {"name", "pipeline", "height", "width", "components"}) {
    reader.Require(key);
  }
  reader.Optional("name", info.name);
  reader.Optional("description", info.description);
  reader.Optional("pipeline", info.pipeline);
  reader.Optional("height", info.height, 8, kMaxSide);
  reader.Optional("width", info.width, 8, kMaxSide);
  if (info.height % 8 != 0) reader.Refuse("height", "a multiple of 8", std::to_string(info.height));
  if (info.width % 8 != 0) reader.Refuse("width", "a multiple of 8", std::to_string(info.width));
  const nlohmann::json* components = reader.Object("components");
  const nlohmann::json* conditioning = reader.Object("conditioning");
  const nlohmann::json* scheduler = reader.Object("scheduler");
  const nlohmann::json* defaults = reader.Object("defaults");
  const nlohmann::json* steps = reader.Object("steps");
  reader.Optional("seed_matters", info.seed_matters);
  reader.Optional("detail_pass", info.detail_pass);
  ATELIER_RETURN_IF_ERROR(reader.FinishStrict());
  ATELIER_RETURN_IF_ERROR(ReadComponents(*components, model));
  const nlohmann::json nothing = nlohmann::json::object();
  ATELIER_RETURN_IF_ERROR(
      ReadConditioning(conditioning != nullptr ? *conditioning : nothing, model));
  if (scheduler != nullptr) {
    model.scheduler = *scheduler;
    const auto checked = ParseSchedulerConfig(*scheduler);
    if (!checked.has_value()) return Propagate(checked.error());
  }
  if (defaults != nullptr) ATELIER_RETURN_IF_ERROR(ReadDefaults(*defaults, info));
  if (steps != nullptr) ATELIER_RETURN_IF_ERROR(ReadSteps(*steps, info));
  info.texture_layout = model.conditioning.texture_layout;
  // Published checkpoints read DensePose's chart, models trained on our own renderings its own.
  if (info.iuv_chart.empty())
    info.iuv_chart = info.texture_layout == "smpl" ? kDensePoseChart : kAtelierChart;
  info.texture_height = static_cast<int>(model.conditioning.texture_height);
  info.texture_width = static_cast<int>(model.conditioning.texture_width);
  return {};
}

}  // namespace

bool ModelFolder::Has(std::string_view component) const {
  return components.contains(std::string(component));
}

Result<const ComponentConfig*> ModelFolder::Component(const std::string& name) const {
  const auto found = components.find(name);
  if (found == components.end()) {
    return Propagate(InvalidField("components." + name, "there", "nothing").value(),
                     folder.string());
  }
  return &found->second;
}

Result<ModelFolder> ParseModelFolder(const fs::path& folder, const fs::path& model_json) {
  ModelFolder model;
  model.folder = folder;
  ATELIER_ASSIGN_OR_RETURN(const nlohmann::json json, ReadJson(model_json));
  if (Status status = Parse(json, model); !status.has_value()) {
    return Propagate(status.error(), model_json.string());
  }
  return model;
}

}  // namespace atelier::engine
