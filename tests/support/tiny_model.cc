#include "support/tiny_model.h"

#include <fstream>
#include <string>

#include "base/ids.h"

namespace atelier::testing {
namespace {

/// model.json's name of each component, and the published name of its weights.
struct Component {
  const char* name;
  const char* weights;
  const char* config;
};

constexpr Component kComponents[] = {{"vae", "vae", "vae"},
                                     {"denoising_unet", "denoising_unet", "unet"},
                                     {"reference_unet", "reference_unet", "unet"},
                                     {"image_encoder", "image_encoder", "image_encoder"},
                                     {"face_resampler", "image_proj_model", "resampler"},
                                     {"pose_guider", "pose_guider", "pose_guider"}};

nlohmann::json PublishedScheduler() {
  return {{"beta_schedule", "linear"},
          {"beta_start", 0.00085},
          {"beta_end", 0.012},
          {"prediction_type", "v_prediction"},
          {"timestep_spacing", "trailing"},
          {"rescale_betas_zero_snr", true},
          {"clip_sample", false}};
}

nlohmann::json ModelJson(const nlohmann::json& config, const TinyModelSizes& sizes) {
  nlohmann::json components;
  for (const Component& component : kComponents) {
    components[component.name] = {
        {"weights", "weights/" + std::string(component.weights) + ".safetensors"},
        {"config", config.at(component.config)}};
  }
  return {{"name", "tiny"},
          {"description", "random weights"},
          {"pipeline", "mcld"},
          {"height", sizes.height},
          {"width", sizes.width},
          {"components", components},
          {"conditioning",
           {{"ip_adapter_scale", config.at("ip_adapter").at("scale")},
            {"reference_dtype", "float16"},
            {"texture_layout", "smpl"},
            {"texture_height", sizes.texture_height},
            {"texture_width", sizes.texture_width},
            {"iuv_encoding", "vui"},
            {"latent_scale", config.at("vae_scale")}}},
          {"scheduler", config.value("scheduler", PublishedScheduler())},
          {"defaults", {{"steps", 4}, {"guidance", 3.5}, {"scheduler", "ddim"}}}};
}

}  // namespace

TinyModelFolder::TinyModelFolder(const ParityFolder& parity, const TinyModelSizes& sizes)
    : path_(std::filesystem::temp_directory_path() / ("atelier-tiny-" + NewId())),
      model_(ModelJson(parity.config(), sizes)) {
  std::filesystem::create_directories(path_ / "weights");
  for (const Component& component : kComponents) {
    std::filesystem::create_symlink(
        parity.Weights(component.weights),
        path_ / "weights" / (std::string(component.weights) + ".safetensors"));
  }
  Write();
}

TinyModelFolder::~TinyModelFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TinyModelFolder::Write() const { std::ofstream(path_ / "model.json") << model_.dump(2); }

}  // namespace atelier::testing
