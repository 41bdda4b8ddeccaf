// The full-size networks of the published MCLD, key by key and shape by shape.
//
// C++ has no default device, so the networks are built under a dispatch mode that turns the device
// of every factory call to "meta": a billion parameters, none of them in memory. The key is
// PyTorch's own for modes of tests; only threads that ask for it have it.
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <fstream>

#include "engine/models/clip_vision.h"
#include "engine/models/pose_guider.h"
#include "engine/models/resampler.h"
#include "engine/models/unet.h"
#include "engine/models/vae.h"
#include "engine/weights/load.h"
#include "parity/golden.h"
#include "support/catch_torch.h"

namespace atelier::parity {
namespace {

using engine::TensorMap;

constexpr c10::DispatchKey kMode = c10::DispatchKey::TESTING_ONLY_GenericMode;

void CallOnMeta(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard once(kMode);
  const auto& arguments = op.schema().arguments();
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name() != "device") continue;
    (*stack)[stack->size() - arguments.size() + i] = c10::Device(c10::kMeta);
  }
  op.callBoxed(stack);
}

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&CallOnMeta>());
}

nlohmann::json FullShapes() {
  std::ifstream in(testing::ParityFolder::Committed().root() / "full_shapes.json");
  REQUIRE(in);
  return nlohmann::json::parse(in);
}

/// Builds `Module` of the size that `config` says, without memory for its parameters.
template <typename Module, typename Config>
TensorMap StateOf(const Result<Config>& config) {
  REQUIRE(config.has_value());
  const c10::impl::IncludeDispatchKeyGuard on_meta(kMode);
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
