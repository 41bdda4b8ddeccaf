// The full-size networks of the published MCLD, key by key and shape by shape.
// A billion parameters, none of them in memory.
#include <fstream>

#include "engine/models/clip_vision.h"
#include "engine/models/pose_guider.h"
#include "engine/models/resampler.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae.h"
#include "engine/nn/without_memory.h"
#include "engine/pipelines/component_shapes.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"
#include "parity/golden.h"
#include "support/catch_torch.h"

namespace atelier::parity {
namespace {

using engine::TensorMap;

nlohmann::json FullShapes() {
  std::ifstream in(testing::ParityFolder::Committed().root() / "full_shapes.json");
  REQUIRE(in);
  return nlohmann::json::parse(in);
}

/// Builds `Module` of the size that `config` says, without memory for its parameters.
template <typename Module, typename Config>
TensorMap StateOf(const Result<Config>& config) {
  REQUIRE(config.has_value());
  const engine::WithoutMemory without_memory;
  const Module module(*config);
  const TensorMap state = engine::StateDict(*module);
  for (const auto& [name, tensor] : state) {
    INFO(name);
    REQUIRE(tensor.is_meta());
  }
  return state;
}

std::string ShapeOf(const nlohmann::json& entry) { return entry.at(0).dump(); }

std::string ShapeOf(const at::Tensor& tensor) {
  return nlohmann::json(tensor.sizes().vec()).dump();
}

/// What one has and the other has not, both directions, one line each. CLIP's position_ids, a
/// buffer of old files that holds 0, 1, 2, ..., is nobody's parameter.
std::vector<std::string> Differences(const TensorMap& ours, const nlohmann::json& published) {
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : ours) {
    if (!published.contains(name)) {
      lines.push_back("only ours: " + name + " " + ShapeOf(tensor));
    } else if (ShapeOf(tensor) != ShapeOf(published.at(name))) {
      lines.push_back(name + " is " + ShapeOf(tensor) + ", published " +
                      ShapeOf(published.at(name)));
    } else if (published.at(name).at(1) != "float32" || tensor.scalar_type() != at::kFloat) {
      lines.push_back(name + " has another dtype");
    }
  }
  for (const auto& [name, entry] : published.items()) {
    if (name == engine::kClipPositionIds) continue;
    if (!ours.contains(name)) lines.push_back("only published: " + name + " " + ShapeOf(entry));
  }
  return lines;
}

void CheckSame(const std::string& file, const TensorMap& ours, const nlohmann::json& published) {
  int64_t parameters = 0;
  for (const auto& [name, tensor] : ours) parameters += tensor.numel();
  const std::vector<std::string> differences = Differences(ours, published);
  std::printf("  %-60s %4zu tensors %10lld parameters, %zu differences\n", file.c_str(),
              ours.size(), static_cast<long long>(parameters), differences.size());
  for (const std::string& line : differences) std::printf("    %s\n", line.c_str());
  CHECK(differences.empty());
}

/// One file of full_shapes.json.
void CheckFile(const nlohmann::json& shapes, const std::string& file, const TensorMap& ours) {
  const nlohmann::json& entry = shapes.at("files").at(file);
  CheckSame(file, ours, entry.at("tensors"));
  int64_t parameters = 0;
  for (const auto& [name, tensor] : ours) parameters += tensor.numel();
  CHECK(parameters == entry.at("params").get<int64_t>());
}

/// ParseUNetConfig(), then what the pipeline decides and not the file. The stored config leaves out
/// the block types, which are those of every Stable Diffusion 1.5.
Result<engine::UNetConfig> UNetOf(const nlohmann::json& shapes, bool reference, int64_t face) {
  nlohmann::json json = shapes.at("configs").at("unet");
  const std::string down = "CrossAttnDownBlock2D", up = "CrossAttnUpBlock2D";
  json["down_block_types"] = {down, down, down, "DownBlock2D"};
  json["up_block_types"] = {"UpBlock2D", up, up, up};
  auto config = engine::ParseUNetConfig(json);
  if (config) config->is_reference = reference;
  if (config) config->face_tokens = face;
  return config;
}

}  // namespace

TEST_CASE("The full-size UNets have every published key and shape, and no other", "[parity]") {
  const nlohmann::json shapes = FullShapes();
  CheckFile(shapes, "checkpoints/denoising_unet.pth",
            StateOf<engine::UNet>(UNetOf(shapes, false, 16)));
  CheckFile(shapes, "checkpoints/reference_unet.pth",
            StateOf<engine::UNet>(UNetOf(shapes, true, 0)));
  CheckFile(shapes, "pretrained_weights/stable-diffusion-v1-5/unet/diffusion_pytorch_model.bin",
            StateOf<engine::UNet>(UNetOf(shapes, false, 0)));
}

TEST_CASE("The full-size condition networks have every published key and shape, and no other",
          "[parity]") {
  const nlohmann::json shapes = FullShapes();
  const nlohmann::json& configs = shapes.at("configs");
  CheckFile(shapes, "checkpoints/pose_guider.pth",
            StateOf<engine::PoseGuider>(engine::ParsePoseGuiderConfig(configs.at("pose_guider"))));
  CheckFile(shapes, "checkpoints/image_proj_model.pth",
            StateOf<engine::Resampler>(engine::ParseResamplerConfig(configs.at("resampler"))));
  CheckFile(shapes, "pretrained_weights/image_encoder/pytorch_model.bin",
            StateOf<engine::CLIPVisionModelWithProjection>(
                engine::ParseClipVisionConfig(configs.at("image_encoder"))));
}

TEST_CASE("The full-size VAE has every published key and shape, old names and new", "[parity]") {
  const nlohmann::json shapes = FullShapes();
  const nlohmann::json& file = shapes.at("files").at(
      "pretrained_weights/sd-vae-ft-mse/diffusion_pytorch_model.{bin,safetensors}");
  const TensorMap ours =
      StateOf<engine::AutoencoderKL>(engine::ParseVaeConfig(shapes.at("configs").at("vae")));
  CheckSame("vae, current key names", ours, file.at("tensors_current_key_names"));

  TensorMap old;
  for (const auto& [name, entry] : file.at("tensors").items()) {
    const auto sizes = entry.at(0).get<std::vector<int64_t>>();
    old[name] = at::empty(sizes, at::TensorOptions().device(at::kMeta));
  }
  CHECK_FALSE(Differences(ours, file.at("tensors")).empty());
  CheckSame("vae, old key names renamed", engine::WithCurrentVaeKeys(old),
            file.at("tensors_current_key_names"));
}

TEST_CASE("The layout of models/mcld wants the published keys and shapes of every component",
          "[parity]") {
  const nlohmann::json shapes = FullShapes();
  const auto model = engine::ReadModelFolder(std::string(ATELIER_SOURCE_DIR) + "/models/mcld");
  REQUIRE(model.has_value());
  const std::map<std::string, std::string> files = {
      {"denoising_unet", "checkpoints/denoising_unet.pth"},
      {"reference_unet", "checkpoints/reference_unet.pth"},
      {"pose_guider", "checkpoints/pose_guider.pth"},
      {"face_resampler", "checkpoints/image_proj_model.pth"},
      {"image_encoder", "pretrained_weights/image_encoder/pytorch_model.bin"},
      {"vae", "pretrained_weights/sd-vae-ft-mse/diffusion_pytorch_model.{bin,safetensors}"}};
  REQUIRE(engine::RequiredComponents(*model).size() == files.size());
  for (const std::string& name : engine::RequiredComponents(*model)) {
    INFO(name);
    const auto expected = engine::ExpectedShapes(*model, name);
    REQUIRE(expected.has_value());
    const nlohmann::json& entry = shapes.at("files").at(files.at(name));
    CheckSame(name, *expected, entry.at(name == "vae" ? "tensors_current_key_names" : "tensors"));
  }
}

TEST_CASE("A key that is missing, too many or misshapen is listed as a difference", "[parity]") {
  const nlohmann::json shapes = FullShapes();
  nlohmann::json published = shapes.at("files").at("checkpoints/pose_guider.pth").at("tensors");
  published.erase("conv_in.bias");
  published["conv_out.bias"] = {{321}, "float32"};
  published["stranger"] = {{1}, "float32"};
  const TensorMap ours = StateOf<engine::PoseGuider>(
      engine::ParsePoseGuiderConfig(shapes.at("configs").at("pose_guider")));
  CHECK(Differences(ours, published) ==
        std::vector<std::string>{"only ours: conv_in.bias [16]",
                                 "conv_out.bias is [320], published [321]",
                                 "only published: stranger [1]"});
}

}  // namespace atelier::parity
