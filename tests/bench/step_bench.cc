#include "bench/step_bench.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <functional>
#include <memory>

#include "bench/fpdm_step_bench.h"
#include "bench/memory.h"
#include "bench/published_unet.h"
#include "bench/step_times.h"
#include "engine/nn/layers.h"
#include "engine/nn/number_format.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"

namespace atelier::bench {
namespace {

constexpr double kGuidance = 3.5;
constexpr int64_t kTimestep = 499;

Result<engine::McldNetworks> RandomNetworks(const at::Device& device, at::ScalarType dtype,
                                            const engine::ModelFolder& folder) {
  at::manual_seed(1);
  ATELIER_ASSIGN_OR_RETURN(engine::McldNetworks networks, engine::MakeMcldNetworks(folder));
  SetUpForPainting(networks.All(), device, dtype);
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

}  // namespace

Status RunStepBench(const StepBenchOptions& options) {
  if (options.threads > 0) at::set_num_threads(options.threads);
  const at::Device device(options.device);
  ATELIER_ASSIGN_OR_RETURN(const auto folder, engine::ReadModelFolder(options.model));
  ATELIER_ASSIGN_OR_RETURN(const auto format, engine::ParseNumberFormat(options.dtype, device));
  engine::UseNumberFormat(format);
  if (folder.info.pipeline == "fpdm") return RunFpdmStepBench(options, folder, format.dtype);
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
  const bool compared = yardstick != nullptr;
  if (compared) steps.SetYardstick(std::move(yardstick));
  TimeSteps(
      {.engine = [&] { return steps.Engine(); },
       .published = compared ? [&] { return steps.Published(); } : std::function<at::Tensor()>()},
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
