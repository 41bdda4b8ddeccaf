// The tiny model as published files: the authors' folders and names, random weights.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/temp_dir.h"

namespace atelier::testing {

/// In a fresh folder: `layout` has a model.json that describes the files, and models/mcld's
/// published.json; `files` has the files under their published names, without a model.json, the
/// texture's two pictures included.
class PublishedTinyModel {
 public:
  PublishedTinyModel();

  std::filesystem::path layout() const { return dir_.path() / "layout"; }
  std::filesystem::path files() const { return dir_.path() / "files"; }
  const std::filesystem::path& dir() const { return dir_.path(); }

  /// What the layout's model.json says.
  const nlohmann::json& model() const { return model_; }
  /// Writes `model` as model.json of `folder`.
  static void WriteModelJson(const std::filesystem::path& folder, const nlohmann::json& model);

 private:
  TempDir dir_;
  nlohmann::json model_;
};

/// Under the published names.
inline constexpr const char* kVaeFile =
    "pretrained_weights/sd-vae-ft-mse/diffusion_pytorch_model.safetensors";
inline constexpr const char* kImageEncoderFile =
    "pretrained_weights/image_encoder/pytorch_model.bin";
inline constexpr const char* kDenoisingFile = "checkpoints/denoising_unet.pth";
inline constexpr const char* kReferenceFile = "checkpoints/reference_unet.pth";
inline constexpr const char* kPoseGuiderFile = "checkpoints/pose_guider.pth";
inline constexpr const char* kResamplerFile = "checkpoints/image_proj_model.pth";

}  // namespace atelier::testing
