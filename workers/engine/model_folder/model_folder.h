// A model folder: model.json and the files it names. The tiny test model, the default model and the
// published MCLD differ in it alone; the structs below document the schema.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/painter.h"

namespace atelier::engine {

/// "components.NAME": {"weights": FILE or [FILE, ...], "prefix": TEXT, "config": {...} or FILE}.
struct ComponentConfig {
  std::string name;
  /// What the network's keys begin with in files that hold several networks, e.g. "vae."; empty:
  /// told from the keys (weights/fit_keys.h).
  std::string prefix;
  /// Inside the model folder; a later file's keys override an earlier one's.
  std::vector<std::filesystem::path> weights;
  /// An object, read from its file where model.json names one; empty object when absent.
  nlohmann::json config;
};

/// "conditioning.fpdm": settings of the "fpdm" pipeline. The paper's ablation: B1 and B2 read the
/// source by CLIP, from B3 by DINOv2; B1 to B3 have no fusion, B4 CLIP's embedding of the source,
/// B5 and B6 the fusion embedding, whose stage 1 was trained by the one loss or the other.
struct FpdmConditioning {
  /// "dinov2" or "clip": what reads the source for cross-attention.
  std::string source_encoder = "dinov2";
  /// Side of the square that it reads.
  int64_t source_encoder_size = 512;
  /// Side of the square that the source is first brought to, before any encoder's own size.
  int64_t source_picture_size = 512;
  /// What joins the time embedding: "none", "source" (CLIP's embedding of the source) or "fused"
  /// (the Combiner's, of source and pose).
  std::string fusion = "fused";
  /// Guidance by the fusion embedding over guidance by source and pose; published: 1. Another value
  /// than 1 costs a third network row for each picture.
  double fusion_guidance_ratio = 1.0;

  bool operator==(const FpdmConditioning&) const = default;
};

/// "conditioning": how the conditions reach the networks; each pipeline reads what it needs of it.
/// Sizes of a pipeline's own networks are in its components' "config". The object also has
/// "iuv_chart", "texture_charts" and "smpl_layout" (ModelInfo's fields of the same names).
/// "iuv_chart" is "atelier" or "densepose"; default: densepose with the smpl layout, else atelier.
struct ConditioningConfig {
  /// Weight of the face tokens' own attention branch.
  double ip_adapter_scale = 0.5;
  /// "float16": reference features are rounded as the published code does; "float32": they are not.
  std::string reference_dtype = "float16";
  /// "smpl" or "atlas" (four rows of six square tiles).
  std::string texture_layout = "smpl";
  int64_t texture_height = 512;
  int64_t texture_width = 512;
  /// What the PoseGuider sees of an IUV picture: "vui" = the three channels in the published order,
  /// "one_hot" = 25 part channels, then U and V.
  std::string iuv_encoding = "vui";
  /// What the image encoder reads of a source or texture map that is not square: "crop" = the
  /// middle of it, as published; "squash" = all of it, at another aspect ratio.
  std::string clip_input = "crop";
  /// "texture_warp": the texture map laid over the target pose and its validity join ...
  bool warp_pose_guider = false;  // ... the PoseGuider's input;
  bool warp_latents = false;      // ... the noisy latents (through the VAE).
  /// How far clean latents lie from the warped texture's: their standard deviation over
  /// VaeConfig::LatentAmplitudes(). 0: no prior, the network predicts all of v
  /// (engine/pipelines/mcld/texture_prior.h).
  double prior_deviation = 0;
  /// Latents are the VAE's mean times this.
  double latent_scale = 0.18215;
  FpdmConditioning fpdm;
};

/// model.json's other keys are ModelInfo's fields: "name", "description", "pipeline", "height",
/// "width"; "defaults" {"steps", "guidance", "scheduler"}; "steps" {"min", "max"}, the steps it was
/// made for (default: 1 and 1000); "seed_matters" (default: true); "detail_pass" (default: false).
struct ModelFolder {
  std::filesystem::path folder;
  ModelInfo info;
  ConditioningConfig conditioning;
  /// diffusers' scheduler settings; an empty object means the defaults.
  nlohmann::json scheduler;
  std::map<std::string, ComponentConfig> components;

  bool Has(std::string_view component) const;
  /// INVALID_ARGUMENT names the component that model.json lacks.
  Result<const ComponentConfig*> Component(const std::string& name) const;
};

/// Reads `model_json` as if it lay in `folder`; the weights are not opened. What follows from the
/// pipeline is neither checked nor filled in: its name, its components' names, ModelInfo's
/// conditions. ReadModelFolder() (engine/pipelines/registry.h) does that too, and is what callers
/// use. NOT_FOUND without the file; INVALID_ARGUMENT names the key that is bad, missing or unknown.
Result<ModelFolder> ParseModelFolder(const std::filesystem::path& folder,
                                     const std::filesystem::path& model_json);

/// The sizes of a component, by the parser of its kind; INVALID_ARGUMENT names components.NAME.
template <typename Config>
Result<Config> ReadConfig(const ModelFolder& model, const std::string& name,
                          Result<Config> (*parse)(const nlohmann::json&)) {
  ATELIER_ASSIGN_OR_RETURN(const ComponentConfig* component, model.Component(name));
  auto config = parse(component->config);
  if (!config) return Propagate(config.error(), "components." + name);
  return config;
}

}  // namespace atelier::engine
