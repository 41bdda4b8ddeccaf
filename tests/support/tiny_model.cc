#include "support/tiny_model.h"

#include <cstdlib>
#include <fstream>

#include "base/ids.h"

namespace atelier::testing {
namespace {

nlohmann::json ReadJson(const std::filesystem::path& path) {
  std::ifstream in(path);
  return nlohmann::json::parse(in);
}

nlohmann::json Component(const std::string& file, const nlohmann::json& config) {
  return {{"weights", "weights/" + file}, {"config", config}};
}

nlohmann::json ModelJson(const nlohmann::json& config) {
  nlohmann::json resampler = config.at("resampler");
  return {{"name", "tiny"},
          {"description", "random weights"},
          {"pipeline", "mcld"},
          {"height", 128},
          {"width", 128},
          {"components",
           {{"vae", Component("vae.safetensors", config.at("vae"))},
            {"denoising_unet", Component("denoising_unet.safetensors", config.at("unet"))},
            {"reference_unet", Component("reference_unet.safetensors", config.at("unet"))},
            {"image_encoder", Component("image_encoder.safetensors", config.at("image_encoder"))},
            {"face_resampler", Component("image_proj_model.safetensors", resampler)},
            {"pose_guider", Component("pose_guider.safetensors", config.at("pose_guider"))}}},
          {"conditioning",
           {{"ip_adapter_scale", 0.5},
            {"reference_dtype", "float16"},
            {"texture_layout", "smpl"},
            {"texture_height", 128},
            {"texture_width", 128},
            {"iuv_encoding", "vui"},
            {"latent_scale", 0.18215}}},
          {"scheduler",
           {{"beta_schedule", "linear"},
            {"beta_start", 0.00085},
            {"beta_end", 0.012},
            {"prediction_type", "v_prediction"},
            {"timestep_spacing", "trailing"},
            {"rescale_betas_zero_snr", true},
            {"clip_sample", false}}},
          {"defaults", {{"steps", 4}, {"guidance", 3.5}, {"scheduler", "ddim"}}}};
}

}  // namespace

std::filesystem::path ParityFolder() {
  const char* folder = std::getenv("ATELIER_PARITY_DATA");
  return folder != nullptr ? folder : std::string(ATELIER_SOURCE_DIR) + "/tests/parity/data";
}

TinyModelFolder::TinyModelFolder()
    : path_(std::filesystem::temp_directory_path() / ("atelier-tiny-" + NewId())),
      model_(ModelJson(ReadJson(ParityFolder() / "config.json"))) {
  std::filesystem::create_directories(path_);
  std::filesystem::create_directory_symlink(std::filesystem::absolute(ParityFolder() / "weights"),
                                            path_ / "weights");
  Write();
}

TinyModelFolder::~TinyModelFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TinyModelFolder::Write() const { std::ofstream(path_ / "model.json") << model_.dump(2); }

}  // namespace atelier::testing
