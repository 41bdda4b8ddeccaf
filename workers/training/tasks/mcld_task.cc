#include "training/tasks/mcld_task.h"

#include <cstdio>

#include "engine/images/tensor.h"
#include "people/files/png_writer.h"
#include "people/render/masks.h"
#include "training/data/batch.h"
#include "training/losses/channel_weights.h"
#include "training/losses/decoded_loss.h"
#include "training/losses/pixel_losses.h"
#include "training/metrics/image_metrics.h"
#include "training/metrics/picture_grid.h"
#include "training/metrics/scores.h"

namespace atelier::training {
namespace {

constexpr int kGridPairs = 8;

/// Mean over each row of the batch.
at::Tensor RowMean(const at::Tensor& x) { return x.flatten(1).mean(1); }

/// `x` where `keep` (bool [B]), zero elsewhere.
at::Tensor KeepRows(const at::Tensor& x, const at::Tensor& keep) {
  std::vector<int64_t> shape(x.dim(), 1);
  shape[0] = x.size(0);
  return x * keep.to(x.scalar_type()).view(shape);
}

/// The decoder learns with the others where latents do not depend on it.
std::vector<TrainedModule> TrainedModules(engine::McldNetworks& networks,
                                          const McldTaskOptions& options) {
  std::vector<TrainedModule> modules = {{"denoising_unet", networks.denoising_unet.ptr()},
                                        {"reference_unet", networks.reference_unet.ptr()},
                                        {"pose_guider", networks.pose_guider.ptr()},
                                        {"image_encoder", networks.image_encoder.ptr()},
                                        {"face_resampler", networks.face_resampler.ptr()}};
  const bool decoder_learns = networks.vae->config().block_cosines && options.decoded_weight > 0;
  for (at::Tensor& parameter : networks.vae->parameters()) parameter.requires_grad_(decoder_learns);
  if (decoder_learns) modules.push_back({"vae", networks.vae.ptr()});
  return modules;
}

}  // namespace

McldTask::McldTask(std::shared_ptr<const people::Body> body, McldTraining training,
                   const McldTaskOptions& options, const RunState& state)
    : Task(TrainedModules(training.networks, options), state),
      body_(std::move(body)),
      training_(std::move(training)),
      networks_(training_.networks),
      options_(options),
      schedule_(training_.schedule),
      channel_weights_(ChannelWeights(networks_.vae->config()).to(at::Device(options.device))),
      data_(body_, training_, options, state),
      steps_([this](at::Generator& generator) { return data_.Next(generator); },
             at::Device(options.device)) {
  MoveTo(at::Device(options_.device));
  training_.MoveFrozenTo(at::Device(options_.device));
}

const McldInputs& McldTask::NextInputs(at::Generator& generator) {
  const auto& step = steps_.Next(generator);
  SetProgress(step.progress);
  return step.inputs;
}

at::Tensor McldTask::Predict(const McldInputs& inputs) {
  const McldBatch& batch = inputs.batch;
  const at::Tensor& keep = inputs.keep;
  const at::Tensor source =
      KeepRows(networks_.image_encoder->forward(batch.clip_source).image_embeds,
               keep.logical_and(inputs.keep_source));
  const at::Tensor texture =
      KeepRows(networks_.image_encoder->forward(batch.clip_texture).image_embeds, keep);
  const at::Tensor face = KeepRows(networks_.face_resampler->forward(batch.face), keep);
  const engine::ReferenceFeatures reference =
      networks_.reference_unet->ReadReference(batch.texture, source.unsqueeze(1));
  const auto& conditioning = training_.folder.conditioning;
  const at::Tensor encoded = engine::EncodeIuv(batch.iuv, engine::IuvEncodingOf(conditioning));
  const at::Tensor warp =
      conditioning.warp_pose_guider ? batch.warp.to(at::kFloat) / 255 : at::Tensor();
  const at::Tensor pose = networks_.pose_guider->forward(engine::PoseGuiderInput(encoded, warp));
  at::Tensor sample = networks_.prior ? inputs.prior_input : inputs.noisy;
  if (batch.warp_latents.defined()) sample = at::cat({sample, batch.warp_latents}, 1);
  const at::Tensor output = networks_.denoising_unet->Forward(
      sample, inputs.t, engine::StageTokens(source, texture, face), pose, &reference, keep);
  if (!networks_.prior) return output;
  return networks_.prior->Velocity(output, inputs.noisy, batch.warp_latents, inputs.t);
}

at::Tensor McldTask::NextLoss(at::Generator& generator) {
  const McldInputs& inputs = NextInputs(generator);
  const McldBatch& batch = inputs.batch;
  const at::Tensor predicted = Predict(inputs).to(at::kFloat);
  // On the whole picture and once more on face and person.
  const at::Tensor square = (predicted - inputs.velocity).square() * channel_weights_;
  pictures_seen_ += batch.size();
  const at::Tensor counts =
      1 + options_.face_weight * batch.face_mask + options_.person_weight * batch.person_mask;
  const at::Tensor loss = (inputs.weight * RowMean(square * counts)).mean();
  if (options_.decoded_weight == 0) return loss;
  // For a predicted v, sqrt(a) noisy - sqrt(1 - a) v is the clean latents.
  const at::Tensor clean = inputs.signal * inputs.noisy - inputs.noise_level * predicted;
  return loss + options_.decoded_weight * DecodedLoss(inputs.decoded, clean, inputs.weight,
                                                      networks_.vae,
                                                      training_.folder.conditioning.latent_scale);
}

Result<std::string> McldTask::Evaluate(const std::filesystem::path& folder) {
  const double scale = training_.folder.conditioning.latent_scale;
  at::Generator generator = at::detail::createCPUGenerator(7);
  Mean copy, warp, painted, ceiling, face, face_ceiling;
  std::vector<std::vector<Image>> rows;
  for (int i = 0; i < options_.evaluation_pairs; ++i) {
    const McldSample sample = MakeMcldSample(*body_, i, true, options_.pair, training_);
    McldInputs inputs;
    inputs.batch = Encode({Pack(sample, networks_.vae->config().scale())}, training_);
    const McldBatch& batch = inputs.batch;
    const at::Device device(options_.device);
    const at::Tensor noise = at::randn(batch.target.sizes(), generator, at::kFloat).to(device);
    inputs.t = at::full({1}, 999, at::kLong).to(device);
    inputs.keep = inputs.keep_source = at::ones({1}, at::kBool).to(device);
    inputs.noisy = noise;
    if (networks_.prior)
      inputs.prior_input = networks_.prior->Input(noise, batch.warp_latents, inputs.t);
    const at::Tensor v = Predict(inputs);
    const at::Tensor clean = schedule_.PredictOriginal(v, 999, noise);
    const Image image = engine::ToImage((networks_.vae->Decode(clean / scale)[0] + 1) / 2);
    const Image best = engine::ToImage((networks_.vae->Decode(batch.target / scale)[0] + 1) / 2);
    const Pair& pair = sample.pair;
    const Image* mask = &pair.target.mask;
    const Image& truth = pair.target.rgb;
    copy.Add(Psnr(pair.source.rgb, truth, mask));
    warp.Add(Psnr(pair.warped.colours, truth, mask));
    painted.Add(Psnr(image, truth, mask));
    ceiling.Add(Psnr(best, truth, mask));
    const Image face_mask = people::RegionMask(pair.target, {people::Region::kFace});
    if (const auto error = CompareRegion(image, truth, face_mask)) face.Add(error->psnr);
    if (const auto error = CompareRegion(best, truth, face_mask)) face_ceiling.Add(error->psnr);
    if (i < kGridPairs)
      rows.push_back(
          {pair.source.rgb, ShowIuv(pair.target.iuv), pair.warped.colours, image, best, truth});
  }
  ATELIER_RETURN_IF_ERROR(people::WriteImage(Grid(rows), folder / "grid.png"));
  char line[200];
  std::snprintf(line, sizeof line,
                "person PSNR in one step %.2f dB (copy %.2f, warped texture %.2f, VAE alone %.2f); "
                "face %.2f dB (VAE alone %.2f)",
                painted.value(), copy.value(), warp.value(), ceiling.value(), face.value(),
                face_ceiling.value());
  return std::string(line);
}

}  // namespace atelier::training
