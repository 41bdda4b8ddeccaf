#include "bench/step_bench.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "bench/memory.h"
#include "bench/module_times.h"
#include "bench/published_unet.h"
#include "engine/nn/layers.h"
#include "engine/nn/number_format.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"

namespace atelier::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kGuidance = 3.5;
constexpr int64_t kTimestep = 499;

/// Seconds of one call, the device's work included.
double Seconds(const at::Device& device, const std::function<void()>& call) {
  const auto started = Clock::now();
  call();
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
  return std::chrono::duration<double>(Clock::now() - started).count();
}

struct Samples {
  std::vector<double> seconds;
  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

Result<engine::McldNetworks> RandomNetworks(const at::Device& device, at::ScalarType dtype,
                                            const engine::ModelFolder& folder) {
  at::manual_seed(1);
  ATELIER_ASSIGN_OR_RETURN(engine::McldNetworks networks, engine::MakeMcldNetworks(folder));
  for (const auto& network : networks.All()) {
    network.module.eval();
    for (at::Tensor& parameter : network.module.parameters()) parameter.set_requires_grad(false);
    network.module.to(device, dtype);
  }
  return networks;
}

engine::ConditionInputs RandomInputs(const engine::ModelFolder& folder, int64_t clip_size,
                                     int64_t size) {
  const auto& conditioning = folder.conditioning;
  engine::ConditionInputs inputs;
  inputs.source_clip_pixels = at::randn({1, 3, clip_size, clip_size});
  inputs.texture_clip_pixels = at::randn({1, 3, clip_size, clip_size});
  // The texture map scales with the picture, as the published sizes do.
  const int64_t texture = conditioning.texture_layout == "smpl" ? size : 0;
  inputs.texture = at::rand({1, 3, texture > 0 ? texture : conditioning.texture_height,
                             texture > 0 ? texture : conditioning.texture_width});
  inputs.iuv = at::randint(0, 25, {1, 3, size, size}, at::kByte);
  inputs.warp = at::rand({1, 4, size, size});
  inputs.face_embedding = at::randn({1, folder.info.face_embedding_size});
  return inputs;
}

at::Tensor Guided(const at::Tensor& rows) {
  const auto halves = rows.chunk(2);
  return halves[0] + kGuidance * (halves[1] - halves[0]);
}

/// The engine's step and the published one, over the same weights and conditions.
class Steps {
 public:
  Steps(engine::McldNetworks& networks, engine::EncodedConditions conditions,
        const at::Tensor& latents)
      : unet_(networks.denoising_unet),
        conditions_(std::move(conditions)),
        pose_(at::cat({conditions_.pose_features, conditions_.pose_features})),
        sample_(at::cat({latents, latents})) {
    if (conditions_.extra_latents.defined())
      sample_ =
          at::cat({sample_, at::cat({conditions_.extra_latents, conditions_.extra_latents})}, 1);
    prepared_ = unet_->Prepare(conditions_.tokens, &conditions_.reference);
    timesteps_ = at::full({2}, kTimestep, sample_.options().dtype(at::kLong));
  }

  at::Tensor Engine() { return Guided(unet_->Forward(sample_, timesteps_, prepared_, pose_)); }

  void SetYardstick(std::unique_ptr<PublishedUNet> published) {
    published_ = std::move(published);
    const auto twice = [](const at::Tensor& x) { return at::cat({x, x}); };
    const auto with_zeros = [](const at::Tensor& x) { return at::cat({at::zeros_like(x), x}); };
    const engine::ConditionTokens& tokens = conditions_.tokens;
    tokens_ = {with_zeros(tokens.down), with_zeros(tokens.mid), with_zeros(tokens.up)};
    for (const auto& [name, features] : conditions_.reference) reference_[name] = twice(features);
    sample_nchw_ = sample_.contiguous();
    pose_nchw_ = pose_.contiguous();
  }

  at::Tensor Published() {
    return Guided(published_->Forward(sample_nchw_, kTimestep, tokens_, pose_nchw_, reference_));
  }

 private:
  engine::UNet unet_;
  engine::EncodedConditions conditions_;
  at::Tensor pose_, sample_, timesteps_, pose_nchw_, sample_nchw_;
  engine::PreparedConditions prepared_;
  std::unique_ptr<PublishedUNet> published_;
  engine::ConditionTokens tokens_;
  engine::ReferenceFeatures reference_;
};

void PrintModules(const std::map<std::string, double>& modules, double total) {
  double rest = total;
  for (const auto& [name, seconds] : modules) {
    std::printf("    %-22s %8.3f s  %5.1f %%\n", name.c_str(), seconds, 100 * seconds / total);
    rest -= seconds;
  }
  std::printf("    %-22s %8.3f s  %5.1f %%\n", "everything else", rest, 100 * rest / total);
}

void TimeSteps(Steps& steps, const StepBenchOptions& options, const at::Device& device) {
  at::Tensor engine_output, published_output;
  Seconds(device, [&] { engine_output = steps.Engine(); });
  if (options.yardstick) Seconds(device, [&] { published_output = steps.Published(); });
  Samples engine, published;
  std::map<std::string, double> modules;
  for (int i = 0; i < options.repeat; ++i) {
    {
      const ModuleTimes times;
      engine.seconds.push_back(Seconds(device, [&] { steps.Engine(); }));
      for (const auto& [name, seconds] : times.seconds()) modules[name] += seconds / options.repeat;
    }
    if (options.yardstick) published.seconds.push_back(Seconds(device, [&] { steps.Published(); }));
  }
  double mean = 0;
  for (const double seconds : engine.seconds) mean += seconds / options.repeat;
  std::printf("guided step              %8.3f s median, %.3f s least of %d\n", engine.median(),
              engine.least(), options.repeat);
  PrintModules(modules, mean);
  if (!options.yardstick) return;
  const double difference = (engine_output - published_output).abs().max().item<double>() /
                            published_output.abs().max().item<double>();
  std::printf("published step           %8.3f s median, %.3f s least\n", published.median(),
              published.least());
  std::printf("ratio                    %8.3f   of medians, %.3f of least\n",
              engine.median() / published.median(), engine.least() / published.least());
  std::printf("largest difference       %8.1e   of the largest output\n", difference);
}

}  // namespace

Status RunStepBench(const StepBenchOptions& options) {
  if (options.threads > 0) at::set_num_threads(options.threads);
  const at::Device device(options.device);
  ATELIER_ASSIGN_OR_RETURN(const auto folder, engine::ReadModelFolder(options.model));
  ATELIER_ASSIGN_OR_RETURN(const auto format, engine::ParseNumberFormat(options.dtype, device));
  engine::UseNumberFormat(format);
  ATELIER_ASSIGN_OR_RETURN(engine::McldNetworks networks,
                           RandomNetworks(device, format.dtype, folder));
  // The engine gives its plain weights up when it brings them into its own layout.
  std::unique_ptr<PublishedUNet> yardstick;
  if (options.yardstick)
    yardstick = std::make_unique<PublishedUNet>(networks.denoising_unet->config(),
                                                engine::StateDict(*networks.denoising_unet));
  if (device.is_cpu()) {
    for (const auto& network : networks.All()) engine::PackForCpu(network.module, network.runs);
  }
  const c10::InferenceMode inference;
  std::printf("%s at %dx%d, %s on %s, %d threads\n", folder.info.name.c_str(), options.size,
              options.size, options.dtype.c_str(), options.device.c_str(), at::get_num_threads());
  const auto inputs =
      RandomInputs(folder, networks.image_encoder->config().image_size, options.size);
  engine::EncodedConditions conditions;
  // The first call also brings weights into their layout.
  engine::EncodeConditions(networks, folder.conditioning, inputs);
  const double encode = Seconds(device, [&] {
    conditions = engine::EncodeConditions(networks, folder.conditioning, inputs);
  });
  const at::Tensor latents =
      at::randn({1, networks.vae->config().latent_channels, options.size / engine::kLatentPixels,
                 options.size / engine::kLatentPixels})
          .to(conditions.pose_features.options());
  Steps steps(networks, conditions, latents);
  if (yardstick != nullptr) steps.SetYardstick(std::move(yardstick));
  TimeSteps(steps, options, device);
  engine::DecodeLatents(networks.vae, latents, folder.conditioning.latent_scale);
  const double decode = Seconds(device, [&] {
    engine::DecodeLatents(networks.vae, latents, folder.conditioning.latent_scale);
  });
  std::printf("conditions, once         %8.3f s\n", encode);
  std::printf("decoding, once           %8.3f s\n", decode);
  std::printf("resident memory          %8.2f GB, peak %.2f GB\n", ResidentBytes() / 1e9,
              PeakResidentBytes() / 1e9);
  return {};
}

}  // namespace atelier::bench
