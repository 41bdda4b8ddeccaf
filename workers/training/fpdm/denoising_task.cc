#include "training/fpdm/denoising_task.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "engine/images/resize.h"
#include "engine/images/tensor.h"
#include "engine/painting/latent_pictures.h"
#include "people/files/png_writer.h"
#include "training/data/batch.h"
#include "training/data/device_stream.h"
#include "training/losses/channel_weights.h"
#include "training/metrics/image_metrics.h"
#include "training/metrics/picture_grid.h"
#include "training/metrics/scores.h"

namespace atelier::training {
namespace {

constexpr int kGridPairs = 8;

std::vector<TrainedModule> TrainedModules(engine::FpdmNetworks& networks,
                                          const DenoisingTaskOptions& options) {
  std::vector<TrainedModule> modules = {{"denoising_unet", networks.denoising_unet.ptr()},
                                        {"pose_encoder", networks.pose_encoder.ptr()},
                                        {"source_projection", networks.source_projection.ptr()}};
  if (!options.train_source_encoder) return modules;
  if (networks.clip_source) modules.push_back({"source_encoder", networks.clip_source.ptr()});
  if (networks.dinov2_source) modules.push_back({"source_encoder", networks.dinov2_source.ptr()});
  return modules;
}

/// As PyTorch Lightning 2.2 leaves them in the published training.
void SetPublishedModes(engine::FpdmNetworks& networks) {
  networks.denoising_unet->eval();
  if (networks.combiner) networks.combiner->train();
}

}  // namespace

DenoisingTask::DenoisingTask(std::shared_ptr<const people::Body> body, FpdmTraining training,
                             const DenoisingTaskOptions& options, const RunState& state)
    : Task(TrainedModules(training.networks, options), state),
      body_(std::move(body)),
      training_(std::move(training)),
      networks_(training_.networks),
      options_(options),
      schedule_(training_.schedule),
      channel_weights_(ChannelWeights(networks_.vae->config()).to(at::Device(options.device))),
      batches_(
          [this](int64_t index) {
            return MakeFpdmSample(*body_, index, false, options_.pair,
                                  training_.folder.conditioning.fpdm, networks_);
          },
          state, options.render_threads, options.batch, options.reuse),
      steps_([this](at::Generator& generator) { return Prepare(generator); },
             at::Device(options.device)) {
  for (const engine::NamedNetwork& network : networks_.All())
    network.module.to(at::Device(options_.device));
}

StepsAhead<DenoisingTask::Inputs>::Step DenoisingTask::Prepare(at::Generator& generator) {
  const std::vector<FpdmSample>& samples = batches_.Next();
  const at::Device device(options_.device);
  std::vector<const Image*> targets;
  for (const FpdmSample& sample : samples) targets.push_back(&sample.pair.target.rgb);
  const at::Tensor clean = engine::EncodeLatents(networks_.vae, Send(ToBatch(targets), device),
                                                 training_.folder.conditioning.latent_scale);
  const auto rows = static_cast<int64_t>(samples.size());
  at::Tensor level = at::rand({rows}, generator, at::kFloat);
  for (int draw = 1; draw < options_.timestep_draws; ++draw)
    level = at::maximum(level, at::rand({rows}, generator, at::kFloat));
  const int64_t levels = schedule_.config().num_train_timesteps;
  const at::Tensor t = (level * static_cast<double>(levels)).to(at::kLong).clamp_max(levels - 1);
  const at::Tensor noise = at::randn(clean.sizes(), generator, at::kFloat);
  const at::Tensor offset = at::randn({rows, clean.size(1), 1, 1}, generator, at::kFloat);
  Inputs inputs;
  inputs.drops = DrawDrops(options_.drop_rates, generator);
  inputs.conditions = InputsOf(samples, device);
  inputs.t = Send(t, device);
  inputs.latents = AddTrainingNoise(schedule_, clean, Send(noise, device), Send(offset, device),
                                    options_.noise_offset, inputs.t);
  return {std::move(inputs), {batches_.samples_taken(), batches_.place()}};
}

at::Tensor DenoisingTask::NextLoss(at::Generator& generator) {
  const auto& step = steps_.Next(generator);
  SetProgress(step.progress);
  const Inputs& inputs = step.inputs;
  pictures_seen_ += inputs.t.size(0);
  SetPublishedModes(networks_);
  const at::Tensor predicted =
      PredictDenoised(networks_, inputs.conditions, inputs.drops, inputs.latents.noisy, inputs.t);
  return DenoisingLoss(predicted.to(at::kFloat), inputs.latents, channel_weights_);
}

Result<std::string> DenoisingTask::Evaluate(const std::filesystem::path& folder) {
  const double scale = training_.folder.conditioning.latent_scale;
  const int64_t last = schedule_.config().num_train_timesteps - 1;
  const at::Device device(options_.device);
  if (networks_.combiner) networks_.combiner->eval();
  at::Generator generator = at::detail::createCPUGenerator(7);
  Mean copy, painted;
  std::vector<std::vector<Image>> rows;
  for (int i = 0; i < options_.evaluation_pairs; ++i) {
    const FpdmSample sample = MakeFpdmSample(*body_, i, true, options_.pair,
                                             training_.folder.conditioning.fpdm, networks_);
    const Pair& pair = sample.pair;
    const at::Tensor shape =
        engine::EncodeLatents(networks_.vae, ToBatch({&pair.target.rgb}).to(device), scale);
    const at::Tensor noise = at::randn(shape.sizes(), generator, at::kFloat).to(device);
    const at::Tensor t = at::full({1}, last, at::kLong).to(device);
    const at::Tensor predicted =
        PredictDenoised(networks_, InputsOf({sample}, device), {}, noise, t);
    const at::Tensor clean = schedule_.PredictOriginal(predicted.to(at::kFloat), last, noise);
    const Image image = engine::ToImage(engine::DecodeLatents(networks_.vae, clean, scale));
    copy.Add(Psnr(pair.source.rgb, pair.target.rgb, &pair.target.mask));
    painted.Add(Psnr(image, pair.target.rgb, &pair.target.mask));
    if (i >= kGridPairs) continue;
    rows.push_back({pair.source.rgb,
                    engine::Resize(sample.pose, options_.pair.height, options_.pair.width,
                                   engine::ResizeFilter::kBicubic),
                    image, pair.target.rgb});
  }
  ATELIER_RETURN_IF_ERROR(people::WriteImage(Grid(rows), folder / "grid.png"));
  char line[120];
  std::snprintf(line, sizeof line, "person PSNR in one step %.2f dB (copy %.2f)", painted.value(),
                copy.value());
  return std::string(line);
}

}  // namespace atelier::training
