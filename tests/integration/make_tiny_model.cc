// Writes a model folder with tiny networks and random weights: everything the processes load, at a
// size where a denoising step takes milliseconds. What it paints is noise.
//
// There are five kinds: four of MCLD, which differ in everything that the pose and region services
// do for a model, and one of FPDM (kKinds). The published kind comes with a DensePose network,
// densepose.ts, for who wants it.
#include <torch/script.h>
#include <torch/torch.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/body.h"
#include "base/image.h"
#include "engine/model_folder/model_folder.h"
#include "engine/models/face_network.h"
#include "engine/models/pose_network.h"
#include "engine/pipelines/fpdm/fpdm_networks.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"
#include "engine/weights/safetensors.h"
#include "people/files/png_writer.h"

namespace {

namespace fs = std::filesystem;
using namespace atelier;
using namespace atelier::engine;

struct Kind {
  const char* name;
  const char* texture_layout;
  const char* iuv_chart;
  bool has_pose_network;
  /// What its pose network takes every pixel for; kBackground: it sees nobody.
  BodyPart sees;
  /// Numbers of its face network's embeddings; 0: it has no such network, and reads 512.
  int face_embedding;
  const char* pipeline = "mcld";
};

constexpr std::array kKinds = {
    Kind{"tiny", "atlas", "atelier", true, BodyPart::kRightHead, 32},
    Kind{"tiny-smpl", "smpl", "atelier", true, BodyPart::kLeftHead, 16},
    Kind{"tiny-published", "smpl", "densepose", false, BodyPart::kBackground, 0},
    Kind{"tiny-blind", "atlas", "atelier", true, BodyPart::kBackground, 32},
    Kind{"tiny-fpdm", "atlas", "atelier", true, BodyPart::kRightHead, 0, "fpdm"},
};

/// A DensePose network that sees one person all over the picture, a head above a torso.
constexpr char kDensePoseNetwork[] = R"(
def forward(self, picture):
    boxes = torch.tensor([[0.0, 0.0, float(picture.size(1)), float(picture.size(0))]])
    coarse = torch.zeros(1, 2, 8, 8)
    coarse[:, 1] = 8.0
    fine = torch.zeros(1, 25, 8, 8)
    fine[:, 24, :3] = 20.0
    fine[:, 2, 3:] = 20.0
    places = torch.linspace(0.0, 1.0, 8).repeat(1, 25, 8, 1)
    return {"pred_boxes": boxes, "pred_densepose_coarse_segm": coarse,
            "pred_densepose_fine_segm": fine, "pred_densepose_u": places,
            "pred_densepose_v": places.transpose(2, 3)}
)";

constexpr int kSmplSide = 512;

nlohmann::json UNetJson() {
  return {{"block_out_channels", {16, 32}},
          {"down_block_types", {"CrossAttnDownBlock2D", "DownBlock2D"}},
          {"up_block_types", {"UpBlock2D", "CrossAttnUpBlock2D"}},
          {"attention_head_dim", 2},
          {"layers_per_block", 1},
          {"cross_attention_dim", 32},
          {"norm_num_groups", 8}};
}

bool IsSmpl(const Kind& kind) { return std::string(kind.texture_layout) == "smpl"; }

int FaceSize(const Kind& kind) { return kind.face_embedding > 0 ? kind.face_embedding : 512; }

bool IsFpdm(const Kind& kind) { return std::string(kind.pipeline) == "fpdm"; }

nlohmann::json Component(const std::string& name, nlohmann::json config) {
  return {{"weights", name + ".safetensors"}, {"config", std::move(config)}};
}

nlohmann::json FpdmComponentsJson() {
  nlohmann::json components;
  nlohmann::json unet = UNetJson();
  unet.update({{"class_embed_type", "mlp"},
               {"projection_class_embeddings_input_dim", 32},
               {"class_embedding_hidden", 16},
               {"use_linear_projection", true}});
  components["denoising_unet"] = Component("denoising_unet", unet);
  components["combiner"] =
      Component("combiner", {{"feature_dim", 32}, {"projection_dim", 16}, {"hidden_dim", 16}});
  components["source_encoder"] = Component("source_encoder", {{"hidden_size", 16},
                                                              {"num_hidden_layers", 1},
                                                              {"num_attention_heads", 2},
                                                              {"image_size", 28},
                                                              {"patch_size", 7}});
  components["source_projection"] =
      Component("source_projection", {{"in_dim", 16}, {"hidden_dim", 16}, {"out_dim", 32}});
  components["pose_encoder"] = Component("pose_encoder", {{"conditioning_embedding_channels", 16},
                                                          {"block_out_channels", {8, 8, 8, 8}}});
  return components;
}

nlohmann::json McldComponentsJson(const Kind& kind) {
  const auto& component = Component;
  nlohmann::json components;
  components["denoising_unet"] = component("denoising_unet", UNetJson());
  components["reference_unet"] = component("reference_unet", UNetJson());
  components["face_resampler"] = component("face_resampler", {{"dim", 32},
                                                              {"depth", 1},
                                                              {"dim_head", 16},
                                                              {"heads", 2},
                                                              {"num_queries", 4},
                                                              {"embedding_dim", FaceSize(kind)},
                                                              {"output_dim", 32}});
  components["pose_guider"] = component("pose_guider", {{"conditioning_embedding_channels", 16},
                                                        {"conditioning_channels", 3},
                                                        {"block_out_channels", {8, 8, 16, 16}}});
  return components;
}

nlohmann::json ComponentsJson(const Kind& kind) {
  nlohmann::json components = IsFpdm(kind) ? FpdmComponentsJson() : McldComponentsJson(kind);
  components["vae"] = Component(
      "vae",
      {{"block_out_channels", {8, 8, 8, 8}}, {"layers_per_block", 1}, {"norm_num_groups", 4}});
  components["image_encoder"] = Component("image_encoder", {{"hidden_size", 32},
                                                            {"intermediate_size", 64},
                                                            {"projection_dim", 32},
                                                            {"num_hidden_layers", 1},
                                                            {"num_attention_heads", 2},
                                                            {"image_size", 28},
                                                            {"patch_size", 14}});
  if (kind.has_pose_network) {
    components["pose_network"] =
        Component("pose_network", {{"height", 64}, {"width", 48}, {"channels", {16, 16, 16}}});
  }
  if (kind.face_embedding > 0) {
    components["face_network"] =
        Component("face_network",
                  {{"size", 32}, {"channels", {16, 16}}, {"embedding_size", kind.face_embedding}});
  }
  return components;
}

nlohmann::json ModelJson(const Kind& kind) {
  nlohmann::json conditioning = {{"texture_layout", kind.texture_layout},
                                 {"iuv_chart", kind.iuv_chart}};
  if (IsSmpl(kind)) {
    conditioning.update({{"smpl_layout", "smpl_layout.png"},
                         {"texture_height", kSmplSide},
                         {"texture_width", kSmplSide}});
  } else {
    conditioning.update({{"texture_height", 96}, {"texture_width", 144}});
  }
  if (IsFpdm(kind))
    conditioning["fpdm"] = {{"source_encoder_size", 35}, {"source_picture_size", 64}};
  return {{"name", kind.name},
          {"description", "Random weights, for tests."},
          {"pipeline", kind.pipeline},
          {"height", 96},
          {"width", 64},
          {"defaults", {{"steps", 4}, {"guidance", 2.0}}},
          // So that a job may have steps that it was not made for: a job has 200 at most.
          {"steps", {{"min", 2}, {"max", 100}}},
          {"conditioning", conditioning},
          {"components", ComponentsJson(kind)}};
}

/// Every part has its place in the 512 x 512 pixels: R = part, G = column and B = row of its tile
/// of 200 x 200 texels.
Status WriteSmplLayout(const fs::path& path) {
  constexpr int kColumns = 6, kRows = 4, kTile = 200;
  Image layout(kSmplSide, kSmplSide, 3);
  for (int y = 0; y < kSmplSide; ++y) {
    for (int x = 0; x < kSmplSide; ++x) {
      uint8_t* pixel = layout.at(y, x);
      pixel[0] =
          static_cast<uint8_t>(1 + y * kRows / kSmplSide * kColumns + x * kColumns / kSmplSide);
      pixel[1] = static_cast<uint8_t>(x * kColumns % kSmplSide * kTile / kSmplSide);
      pixel[2] = static_cast<uint8_t>(y * kRows % kSmplSide * kTile / kSmplSide);
    }
  }
  return people::WriteImage(layout, path);
}

Status Write(const fs::path& folder, const std::string& name, const torch::nn::Module& module) {
  return WriteSafetensors(folder / (name + ".safetensors"), StateDict(module));
}

/// An untrained pose network would see nobody or a different nobody in every picture. This one
/// takes every pixel for one part, surely: a person with a face is found in any picture. It is sure
/// of the keypoints too, wherever it sees them, but for the neck and the hips, by whose places the
/// person might stand upside down.
PoseNetwork SeesEverywhere(BodyPart part, const PoseNetworkConfig& config) {
  PoseNetwork network(config);
  const torch::NoGradGuard no_grad;
  constexpr double kSure = 8;
  constexpr int kNeck = 1, kRightHip = 8, kLeftHip = 11;
  for (auto& parameter : network->named_parameters()) {
    if (parameter.key() == "conv_heat.bias") {
      parameter.value() += kSure;
      for (const int unseen : {kNeck, kRightHip, kLeftHip}) parameter.value()[unseen] -= 2 * kSure;
    }
    if (parameter.key() == "conv_parts.bias") parameter.value()[static_cast<int>(part)] += kSure;
  }
  return network;
}

Status WriteAll(const fs::path& folder, const std::vector<NamedNetwork>& networks) {
  for (const NamedNetwork& network : networks)
    ATELIER_RETURN_IF_ERROR(Write(folder, network.component, network.module));
  return {};
}

Status WritePaintingNetworks(const Kind& kind, const ModelFolder& model) {
  if (IsFpdm(kind)) {
    ATELIER_ASSIGN_OR_RETURN(const FpdmNetworks networks, MakeFpdmNetworks(model));
    return WriteAll(model.folder, networks.All());
  }
  ATELIER_ASSIGN_OR_RETURN(const McldNetworks networks, MakeMcldNetworks(model));
  return WriteAll(model.folder, networks.All());
}

Status WritePerceptionNetworks(const Kind& kind, const ModelFolder& model) {
  const fs::path& folder = model.folder;
  if (kind.has_pose_network) {
    ATELIER_ASSIGN_OR_RETURN(const PoseNetworkConfig config,
                             ParsePoseNetworkConfig(model.components.at("pose_network").config));
    ATELIER_RETURN_IF_ERROR(Write(folder, "pose_network", *SeesEverywhere(kind.sees, config)));
  } else {
    torch::jit::Module network("densepose");
    network.define(kDensePoseNetwork);
    network.save((folder / "densepose.ts").string());
  }
  if (kind.face_embedding == 0) return {};
  ATELIER_ASSIGN_OR_RETURN(const FaceNetworkConfig config,
                           ParseFaceNetworkConfig(model.components.at("face_network").config));
  return Write(folder, "face_network", *FaceNetwork(config));
}

Status MakeTinyModel(const fs::path& folder, const Kind& kind) {
  fs::create_directories(folder);
  std::ofstream(folder / "model.json") << ModelJson(kind).dump(2) << "\n";
  if (IsSmpl(kind)) ATELIER_RETURN_IF_ERROR(WriteSmplLayout(folder / "smpl_layout.png"));
  ATELIER_ASSIGN_OR_RETURN(const ModelFolder model, ReadModelFolder(folder));
  torch::manual_seed(1);
  ATELIER_RETURN_IF_ERROR(WritePaintingNetworks(kind, model));
  return WritePerceptionNetworks(kind, model);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = argc == 3 ? argv[2] : kKinds.front().name;
  for (const Kind& kind : kKinds) {
    if (argc < 2 || argc > 3 || wanted != kind.name) continue;
    const Status status = MakeTinyModel(argv[1], kind);
    if (status) return 0;
    std::fprintf(stderr, "make_tiny_model: %s\n", status.error().message.c_str());
    return 1;
  }
  std::fprintf(
      stderr,
      "usage: make_tiny_model FOLDER [tiny|tiny-smpl|tiny-published|tiny-blind|tiny-fpdm]\n");
  return 1;
}
