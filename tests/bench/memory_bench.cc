#include "bench/memory_bench.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "bench/memory.h"
#include "engine/nn/number_format.h"
#include "engine/painter.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"

namespace atelier::bench {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point started) {
  return std::chrono::duration<double>(Clock::now() - started).count();
}

/// Of the folder's diffusion networks at `dtype`, from the files' headers.
Result<int64_t> WeightBytes(const engine::ModelFolder& folder, at::ScalarType dtype) {
  int64_t numbers = 0;
  for (const char* name : {"vae", "denoising_unet", "reference_unet", "image_encoder",
                           "face_resampler", "pose_guider"}) {
    ATELIER_ASSIGN_OR_RETURN(const engine::ComponentConfig* component, folder.Component(name));
    ATELIER_ASSIGN_OR_RETURN(const auto tensors, engine::ReadWeights(component->weights));
    for (const auto& [key, tensor] : tensors) numbers += tensor.numel();
  }
  return numbers * static_cast<int64_t>(at::elementSize(dtype));
}

Image RandomPicture(int height, int width, Random& random) {
  Image picture(height, width, 3);
  for (uint8_t& byte : picture.data) byte = static_cast<uint8_t>(random.Index(256));
  return picture;
}

}  // namespace

Status WriteRandomModel(const fs::path& model, const std::string& dtype, const fs::path& folder) {
  at::manual_seed(1);
  ATELIER_ASSIGN_OR_RETURN(const auto format, engine::ParseNumberFormat(dtype, at::kCPU));
  c10::set_default_dtype(c10::scalarTypeToTypeMeta(format.dtype));
  ATELIER_ASSIGN_OR_RETURN(const auto read, engine::ReadModelFolder(model));
  ATELIER_ASSIGN_OR_RETURN(engine::McldNetworks networks, engine::MakeMcldNetworks(read));
  std::error_code failed;
  fs::create_directories(folder, failed);
  std::ifstream in(model / "model.json");
  nlohmann::json json = nlohmann::json::parse(in);
  for (const auto& network : networks.All()) {
    const std::string file = std::string(network.component) + ".safetensors";
    json["components"][network.component]["weights"] = file;
    ATELIER_RETURN_IF_ERROR(
        engine::WriteSafetensors(folder / file, engine::StateDict(network.module)));
  }
  std::ofstream out(folder / "model.json");
  out << json.dump(2) << '\n';
  if (!out.flush()) return InvalidField("--out", "a folder that can be written", folder.string());
  return {};
}

Status RunLoadBench(const fs::path& model, const std::string& device, const std::string& dtype) {
  ATELIER_ASSIGN_OR_RETURN(const auto folder, engine::ReadModelFolder(model));
  ATELIER_ASSIGN_OR_RETURN(const auto format, engine::ParseNumberFormat(dtype, at::Device(device)));
  ATELIER_ASSIGN_OR_RETURN(const int64_t weights, WeightBytes(folder, format.dtype));
  at::zeros({1024}).sum();  // LibTorch's own start is not loading
  ResetPeak();
  const int64_t before = ResidentBytes();
  const auto started = Clock::now();
  ATELIER_ASSIGN_OR_RETURN(engine::McldNetworks networks,
                           engine::LoadMcldNetworks(folder, at::Device(device), format.dtype));
  const double seconds = SecondsSince(started);
  const auto bytes = static_cast<double>(weights);
  const auto peak = static_cast<double>(PeakResidentBytes() - before);
  const auto after = static_cast<double>(ResidentBytes() - before);
  std::printf(
      "%s in %s on %s: %.2f GB of weights in %.1f s; resident at most %.2f GB (%.3f x), "
      "then %.2f GB (%.3f x)\n",
      folder.info.name.c_str(), dtype.c_str(), device.c_str(), bytes / 1e9, seconds, peak / 1e9,
      peak / bytes, after / 1e9, after / bytes);
  return {};
}

Status RunGrowthBench(const fs::path& model, const std::string& device, int pictures, int steps) {
  ATELIER_ASSIGN_OR_RETURN(const auto painter, engine::Painter::Load(model, {.device = device}));
  const engine::ModelInfo& info = painter->info();
  Random random(1);
  engine::PaintOptions options;
  options.steps = steps;
  options.guidance = 2.0;
  options.preview_every = 1;
  const auto started = Clock::now();
  for (int i = 1; i <= pictures; ++i) {
    engine::PaintRequest request;
    request.source = RandomPicture(info.height, info.width, random);
    request.texture_map = RandomPicture(info.texture_height, info.texture_width, random);
    request.iuv = RandomPicture(info.height, info.width, random);
    for (uint8_t& byte : request.iuv.data) byte %= 25;
    request.seed = static_cast<uint64_t>(i);
    const auto painted =
        painter->Paint({&request, 1}, options, [](const engine::PaintStep&) { return true; });
    if (!painted) return tl::unexpected(painted.error());
    if (i == 1 || i % 10 == 0 || i == pictures)
      std::printf("picture %3d: resident %8.1f MB, peak %8.1f MB, %.2f s a picture\n", i,
                  static_cast<double>(ResidentBytes()) / 1e6,
                  static_cast<double>(PeakResidentBytes()) / 1e6, SecondsSince(started) / i);
  }
  return {};
}

}  // namespace atelier::bench
