// Writes a model folder with tiny networks and random weights: everything the processes load, at a
// size where a denoising step takes milliseconds. What it paints is noise.
#include <torch/torch.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/body.h"
#include "engine/models/face_network.h"
#include "engine/models/pose_network.h"
#include "engine/pipelines/mcld_pipeline.h"
#include "engine/weights/load.h"
#include "engine/weights/model_folder.h"
#include "engine/weights/safetensors.h"

namespace {

namespace fs = std::filesystem;
using namespace atelier;
using namespace atelier::engine;

nlohmann::json UNetJson() {
  return {{"block_out_channels", {16, 32}},
          {"down_block_types", {"CrossAttnDownBlock2D", "DownBlock2D"}},
          {"up_block_types", {"UpBlock2D", "CrossAttnUpBlock2D"}},
          {"attention_head_dim", 2},
          {"layers_per_block", 1},
          {"cross_attention_dim", 32},
          {"norm_num_groups", 8}};
}

nlohmann::json ModelJson() {
  const auto component = [](const std::string& name, nlohmann::json config) {
    return nlohmann::json{{"weights", name + ".safetensors"}, {"config", std::move(config)}};
  };
  nlohmann::json components;
  components["vae"] = component(
      "vae",
      {{"block_out_channels", {8, 8, 8, 8}}, {"layers_per_block", 1}, {"norm_num_groups", 4}});
  components["denoising_unet"] = component("denoising_unet", UNetJson());
  components["reference_unet"] = component("reference_unet", UNetJson());
  components["image_encoder"] = component("image_encoder", {{"hidden_size", 32},
                                                            {"intermediate_size", 64},
                                                            {"projection_dim", 32},
                                                            {"num_hidden_layers", 1},
                                                            {"num_attention_heads", 2},
                                                            {"image_size", 28},
                                                            {"patch_size", 14}});
  components["face_resampler"] = component("face_resampler", {{"dim", 32},
                                                              {"depth", 1},
                                                              {"dim_head", 16},
                                                              {"heads", 2},
                                                              {"num_queries", 4},
                                                              {"embedding_dim", 32},
                                                              {"output_dim", 32}});
  components["pose_guider"] = component("pose_guider", {{"conditioning_embedding_channels", 16},
                                                        {"conditioning_channels", 3},
                                                        {"block_out_channels", {8, 8, 16, 16}}});
  components["pose_network"] =
      component("pose_network", {{"height", 64}, {"width", 48}, {"channels", {16, 16, 16}}});
  components["face_network"] =
      component("face_network", {{"size", 32}, {"channels", {16, 16}}, {"embedding_size", 32}});
  return {{"name", "tiny"},
          {"description", "Random weights, for tests."},
          {"pipeline", "mcld"},
          {"height", 96},
          {"width", 64},
          {"defaults", {{"steps", 4}, {"guidance", 2.0}}},
          // So that a job may have steps that it was not made for: a job has 200 at most.
          {"steps", {{"min", 2}, {"max", 100}}},
          {"conditioning",
           {{"texture_layout", "atlas"}, {"texture_height", 96}, {"texture_width", 144}}},
          {"components", components}};
}

Status Write(const fs::path& folder, const std::string& name, const torch::nn::Module& module) {
  return WriteSafetensors(folder / (name + ".safetensors"), StateDict(module));
}

/// An untrained pose network would see nobody or a different nobody in every picture. This one
/// takes every pixel for a head, surely: a person with a face is found in any picture.
PoseNetwork SeesHeadsEverywhere(const PoseNetworkConfig& config) {
  PoseNetwork network(config);
  const torch::NoGradGuard no_grad;
  constexpr double kSure = 8;
  for (auto& parameter : network->named_parameters()) {
    if (parameter.key() != "conv_parts.bias") continue;
    parameter.value()[static_cast<int>(BodyPart::kRightHead)] += kSure;
  }
  return network;
}

Status MakeTinyModel(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream(folder / "model.json") << ModelJson().dump(2) << "\n";
  ATELIER_ASSIGN_OR_RETURN(const ModelFolder model, ReadModelFolder(folder));
  torch::manual_seed(1);
  ATELIER_ASSIGN_OR_RETURN(const McldNetworks networks, MakeMcldNetworks(model));
  ATELIER_RETURN_IF_ERROR(Write(folder, "vae", *networks.vae));
  ATELIER_RETURN_IF_ERROR(Write(folder, "denoising_unet", *networks.denoising_unet));
  ATELIER_RETURN_IF_ERROR(Write(folder, "reference_unet", *networks.reference_unet));
  ATELIER_RETURN_IF_ERROR(Write(folder, "image_encoder", *networks.image_encoder));
  ATELIER_RETURN_IF_ERROR(Write(folder, "face_resampler", *networks.face_resampler));
  ATELIER_RETURN_IF_ERROR(Write(folder, "pose_guider", *networks.pose_guider));

  ATELIER_ASSIGN_OR_RETURN(const PoseNetworkConfig pose,
                           ParsePoseNetworkConfig(model.components.at("pose_network").config));
  ATELIER_RETURN_IF_ERROR(Write(folder, "pose_network", *SeesHeadsEverywhere(pose)));
  ATELIER_ASSIGN_OR_RETURN(const FaceNetworkConfig face,
                           ParseFaceNetworkConfig(model.components.at("face_network").config));
  return Write(folder, "face_network", *FaceNetwork(face));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_tiny_model FOLDER\n");
    return 1;
  }
  const Status status = MakeTinyModel(argv[1]);
  if (status) return 0;
  std::fprintf(stderr, "make_tiny_model: %s\n", status.error().message.c_str());
  return 1;
}
