#include "parity/fpdm/tiny_fpdm.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "base/ids.h"

namespace atelier::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWeights = "diffusion_last.safetensors";

bool IsFpdm(const fs::path& root) {
  return fs::exists(root / "golden_inference.safetensors") && fs::exists(root / "config.json");
}

nlohmann::json ReadJson(const fs::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return nlohmann::json::parse(in);
}

nlohmann::json ModelJson(const nlohmann::json& config) {
  const auto component = [&](const std::string& prefix, const nlohmann::json& sizes) {
    return nlohmann::json{{"weights", kWeights}, {"prefix", prefix}, {"config", sizes}};
  };
  nlohmann::json scheduler = config.at("scheduler");
  // diffusers' defaults where the file says nothing; ours are MCLD's.
  scheduler["rescale_betas_zero_snr"] = false;
  scheduler["timestep_spacing"] = "leading";
  nlohmann::json unet = config.at("unet");
  unet["class_embedding_hidden"] = config.at("class_embedding").at("hidden_dim");
  return {
      {"name", "tiny-fpdm"},
      {"description", "random weights"},
      {"pipeline", "fpdm"},
      {"width", config.at("model_img_size_wh").at(0)},
      {"height", config.at("model_img_size_wh").at(1)},
      {"components",
       {{"vae", component("vae.", config.at("vae"))},
        {"source_encoder", component("src_image_encoder.", config.at("dino"))},
        {"source_projection", component("sd_model.srcimage_proj_model.", config.at("src_proj"))},
        {"pose_encoder", component("sd_model.pose_t_proj.", config.at("pose_encoder"))},
        {"image_encoder", component("fusion_model.img_encoder.", config.at("clip"))},
        {"combiner", component("fusion_model.combiner.", config.at("combiner"))},
        {"denoising_unet", component("sd_model.unet.", unet)}}},
      {"conditioning",
       {{"latent_scale", config.at("vae_scaling_factor")},
        {"fpdm",
         {{"source_encoder_size", config.at("src_encoder_size_wh").at(0)},
          {"source_picture_size", config.at("source_pre_resize_wh").at(0)}}}}},
      {"scheduler", scheduler},
      {"defaults", {{"steps", 4}, {"guidance", 2.0}, {"scheduler", "ddpm"}}}};
}

}  // namespace

FpdmParityFolder FpdmParityFolder::Committed() {
  return FpdmParityFolder(fs::path(ATELIER_SOURCE_DIR) / "tests/parity/fpdm/data");
}

FpdmParityFolder FpdmParityFolder::Chosen() {
  const char* folder = std::getenv("ATELIER_PARITY_DATA");
  if (folder == nullptr) return Committed();
  for (const fs::path& root : {fs::path(folder), fs::path(folder) / "tiny"})
    if (IsFpdm(root)) return FpdmParityFolder(root);
  return Committed();
}

FpdmParityFolder::FpdmParityFolder(const fs::path& root)
    : root_(fs::absolute(root)), config_(ReadJson(root_ / "config.json")) {}

bool FpdmParityFolder::is_committed() const { return root_ == Committed().root(); }

TinyFpdmFolder::TinyFpdmFolder(const FpdmParityFolder& parity)
    : path_(fs::temp_directory_path() / ("atelier-tiny-fpdm-" + NewId())),
      model_(ModelJson(parity.config())) {
  fs::create_directories(path_);
  fs::create_symlink(parity.root() / kWeights, path_ / kWeights);
  Write();
}

TinyFpdmFolder::~TinyFpdmFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TinyFpdmFolder::Write() const { std::ofstream(path_ / "model.json") << model_.dump(2); }

}  // namespace atelier::testing
