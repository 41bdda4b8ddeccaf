#include "bench/fpdm_step_bench.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <memory>

#include "bench/memory.h"
#include "bench/published_unet.h"
#include "bench/step_times.h"
#include "engine/painting/latent_pictures.h"
#include "engine/pipelines/fpdm/fpdm_conditions.h"
#include "engine/pipelines/fpdm/fpdm_predictor.h"
#include "engine/weights/load.h"

namespace atelier::bench {
namespace {

constexpr double kGuidance = 2.0;
constexpr int64_t kTimestep = 501;

engine::FpdmInputs RandomInputs(const engine::ModelFolder& folder,
                                const engine::FpdmNetworks& networks, int64_t size) {
  const int64_t source = folder.conditioning.fpdm.source_encoder_size;
  engine::FpdmInputs inputs;
  inputs.source = at::randn({1, 3, source, source});
  inputs.pose = at::rand({1, 3, size, size});
  if (!networks.image_encoder) return inputs;
  const int64_t clip = networks.image_encoder->config().image_size;
  inputs.clip_source = at::randn({1, 3, clip, clip});
  inputs.clip_pose = at::randn({1, 3, clip, clip});
  return inputs;
}

/// The published guidance, all of its branches.
class PublishedStep {
 public:
  PublishedStep(const engine::UNetConfig& config, const engine::TensorMap& weights)
      : unet_(config, weights) {}

  void SetConditions(const engine::FpdmConditions& conditions, const at::Tensor& latents) {
    const auto zeros_first = [](const at::Tensor& x) { return at::cat({at::zeros_like(x), x, x}); };
    tokens_ = zeros_first(conditions.tokens);
    pose_ = zeros_first(conditions.pose_features).contiguous();
    if (conditions.fusion.defined()) {
      const at::Tensor nothing = at::zeros_like(conditions.fusion);
      fusion_ = at::cat({nothing, nothing, conditions.fusion});
    }
    sample_ = latents.repeat({3, 1, 1, 1}).contiguous();
  }
  at::Tensor Guided() {
    const std::vector<at::Tensor> v =
        unet_.Forward(sample_, kTimestep, {tokens_, tokens_, tokens_}, pose_, {}, fusion_).chunk(3);
    return v[0] + kGuidance * (v[1] - v[0]) + kGuidance * (v[2] - v[1]);
  }

 private:
  PublishedUNet unet_;
  at::Tensor tokens_, pose_, fusion_, sample_;
};

}  // namespace

Status RunFpdmStepBench(const StepBenchOptions& options, const engine::ModelFolder& folder,
                        at::ScalarType dtype) {
  const at::Device device(options.device);
  at::manual_seed(1);
  ATELIER_ASSIGN_OR_RETURN(engine::FpdmNetworks networks, engine::MakeFpdmNetworks(folder));
  SetUpForPainting(networks.All(), device, dtype);
  // The engine gives its plain weights up when it brings them into its own layout.
  std::unique_ptr<PublishedStep> published;
  if (options.yardstick)
    published = std::make_unique<PublishedStep>(networks.denoising_unet->config(),
                                                engine::StateDict(*networks.denoising_unet));
  if (device.is_cpu()) {
    for (const auto& network : networks.All()) engine::PackForCpu(network.module, network.runs);
  }
  const c10::InferenceMode inference;
  std::printf("%s at %dx%d, %s on %s, %d threads\n", folder.info.name.c_str(), options.size,
              options.size, options.dtype.c_str(), options.device.c_str(), at::get_num_threads());
  const engine::FpdmInputs inputs = RandomInputs(folder, networks, options.size);
  // The first call also brings weights into their layout.
  engine::FpdmConditions conditions = engine::EncodeFpdmConditions(networks, inputs);
  const double encode =
      Seconds(device, [&] { conditions = engine::EncodeFpdmConditions(networks, inputs); });
  const int64_t side = options.size / engine::kLatentPixels;
  const at::Tensor latents = at::randn({1, networks.vae->config().latent_channels, side, side})
                                 .to(conditions.pose_features.options());
  const engine::Predictor predict = engine::FpdmPredictor(
      networks.denoising_unet, conditions, {.weight = kGuidance, .fusion_ratio = 1.0});
  if (published) published->SetConditions(conditions, latents);
  TimeSteps({.engine = [&] { return predict(latents, kTimestep).guided; },
             .published =
                 published ? [&] { return published->Guided(); } : std::function<at::Tensor()>()},
            options.repeat, device);
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
