#include "support/published_tiny_model.h"

#include <fstream>

#include "base/image.h"
#include "imaging/picture_codec.h"
#include "support/parity_folder.h"
#include "support/sparse_weights.h"
#include "support/tiny_model.h"

namespace atelier::testing {
namespace {

namespace fs = std::filesystem;

/// From the header of a safetensors file.
Shapes ShapesOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  uint64_t bytes = 0;
  file.read(reinterpret_cast<char*>(&bytes), sizeof bytes);
  std::string text(bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(bytes));
  const nlohmann::json header = nlohmann::json::parse(text);
  Shapes shapes;
  for (const auto& [key, entry] : header.items()) {
    if (key != "__metadata__") shapes[key] = entry.at("shape").get<std::vector<int64_t>>();
  }
  return shapes;
}

void WriteBlackPng(const fs::path& path, int height, int width, int channels) {
  std::ofstream(path, std::ios::binary) << *imaging::EncodePng(Image(height, width, channels));
}

}  // namespace

PublishedTinyModel::PublishedTinyModel() : model_(TinyModelFolder().model()) {
  const fs::path weights = ParityFolder::Committed().Weights("vae").parent_path();
  for (const char* folder :
       {"checkpoints", "pretrained_weights/sd-vae-ft-mse", "pretrained_weights/image_encoder"}) {
    fs::create_directories(files() / folder);
  }
  fs::copy_file(weights / "vae.safetensors", files() / kVaeFile);
  fs::copy_file(weights / "image_proj_model.pth", files() / kResamplerFile);
  const auto pickled = [&](const char* name, const char* file) {
    WriteSparseTorchFile(files() / file, ShapesOf(weights / name));
  };
  pickled("denoising_unet.safetensors", kDenoisingFile);
  pickled("reference_unet.safetensors", kReferenceFile);
  pickled("pose_guider.safetensors", kPoseGuiderFile);
  pickled("image_encoder.safetensors", kImageEncoderFile);
  WriteBlackPng(files() / "smpl_layout.png", 512, 512, 3);
  WriteBlackPng(files() / "texture_bg_200.png", 1200, 800, 1);

  nlohmann::json& components = model_["components"];
  components["vae"]["weights"] = kVaeFile;
  components["image_encoder"]["weights"] = kImageEncoderFile;
  components["denoising_unet"]["weights"] = kDenoisingFile;
  components["reference_unet"]["weights"] = kReferenceFile;
  components["pose_guider"]["weights"] = kPoseGuiderFile;
  components["face_resampler"]["weights"] = kResamplerFile;
  model_["conditioning"]["smpl_layout"] = "smpl_layout.png";
  model_["conditioning"]["texture_charts"] = "texture_bg_200.png";
  fs::create_directories(layout());
  WriteModelJson(layout(), model_);
  fs::copy_file(fs::path(ATELIER_SOURCE_DIR) / "models/mcld/published.json",
                layout() / "published.json");
}

void PublishedTinyModel::WriteModelJson(const fs::path& folder, const nlohmann::json& model) {
  std::ofstream(folder / "model.json") << model.dump(2);
}

}  // namespace atelier::testing
