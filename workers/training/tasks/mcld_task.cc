#include "training/tasks/mcld_task.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "engine/images/tensor.h"
#include "people/render/masks.h"
#include "people/files/png_writer.h"
#include "training/data/batch.h"
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

/// Draws `order` = a permutation of 0..count-1.
std::vector<int64_t> Permutation(int64_t count, at::Generator& generator) {
  const at::Tensor drawn = at::randperm(count, generator, at::TensorOptions().dtype(at::kLong));
  return {drawn.data_ptr<int64_t>(), drawn.data_ptr<int64_t>() + count};
}

/// Numbers of a McldTask's place before its order.
constexpr int kPlaceNumbers = 3;

/// Samples of the pool that `state` stands in; 0 when it was made under other options.
int64_t KeptOf(const RunState& state, const McldTaskOptions& options) {
  const std::vector<int64_t>& place = state.place;
  if (place.size() < kPlaceNumbers) return 0;
  const int64_t kept = place[0];
  const int64_t whole = options.pool / options.batch * options.batch;
  const auto ordered = static_cast<int64_t>(place.size()) - kPlaceNumbers;
  const bool filling = place[1] == 0 && (ordered == 0 || ordered == whole) && kept < whole;
  const bool full = place[1] > 0 && place[1] < options.reuse && ordered == whole && kept == whole;
  if (!(filling || full) || kept % options.batch != 0 || kept > state.samples_taken) return 0;
  return place[2] % options.batch == 0 && place[2] < whole ? kept : 0;
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

/// How much an error in each latent channel counts, [1, C, 1, 1], one on average: by the channel's
/// amplitude. Otherwise fine detail, which cannot be predicted, would outweigh colours.
at::Tensor ChannelWeights(const engine::VaeConfig& vae) {
  const at::Tensor amplitudes = at::tensor(vae.LatentAmplitudes(), at::kFloat);
  return (amplitudes / amplitudes.mean()).view({1, -1, 1, 1});
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
      feeder_(
          [this](int64_t index) {
            return MakeMcldSample(*body_, index, false, options_.pair, training_);
          },
          state.samples_taken - KeptOf(state, options), options.render_threads, 4 * options.batch),
      missing_(KeptOf(state, options) / options.batch) {
  MoveTo(at::Device(options_.device));
  training_.MoveFrozenTo(at::Device(options_.device));
  if (missing_ == 0) return;
  epoch_ = static_cast<int>(state.place[1]);
  place_ = state.place[2];
  order_.assign(state.place.begin() + kPlaceNumbers, state.place.end());
}

std::vector<int64_t> McldTask::place() const {
  const auto kept = static_cast<int64_t>(pool_.size()) + missing_;
  std::vector<int64_t> place = {kept * options_.batch, epoch_, place_};
  place.insert(place.end(), order_.begin(), order_.end());
  return place;
}

void McldTask::Refill() {
  const at::NoGradGuard no_grad;
  for (; missing_ > 0; --missing_) pool_.push_back(Encode(feeder_.Take(options_.batch), training_));
}

McldBatch McldTask::NextBatch() {
  if (epoch_ == 0) {
    // The frozen encoders run once a sample: a VAE pass costs more than the training step.
    const at::NoGradGuard no_grad;
    pool_.push_back(Encode(feeder_.Take(options_.batch), training_));
    samples_taken_ += options_.batch;
    return pool_.back();
  }
  std::vector<McldBatch> picked;
  for (int64_t i = 0; i < options_.batch; ++i) {
    const int64_t row = order_[place_ + i];
    picked.push_back(RowOf(pool_[row / options_.batch], row % options_.batch));
  }
  return Concatenate(picked);
}

at::Tensor McldTask::Predict(const McldBatch& batch, const at::Tensor& noisy, const at::Tensor& t,
                             const at::Tensor& keep, const at::Tensor& keep_source) {
  const at::Tensor source =
      KeepRows(networks_.image_encoder->forward(batch.clip_source).image_embeds,
               keep.logical_and(keep_source));
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
  at::Tensor sample =
      networks_.prior ? networks_.prior->Input(noisy, batch.warp_latents, t) : noisy;
  if (batch.warp_latents.defined()) sample = at::cat({sample, batch.warp_latents}, 1);
  const at::Tensor output = networks_.denoising_unet->Forward(
      sample, t, engine::StageTokens(source, texture, face), pose, &reference, keep);
  if (!networks_.prior) return output;
  return networks_.prior->Velocity(output, noisy, batch.warp_latents, t);
}

at::Tensor McldTask::NextLoss(at::Generator& generator) {
  Refill();
  const McldBatch batch = NextBatch();
  const int64_t pool_batches = options_.pool / options_.batch;
  place_ += epoch_ == 0 ? 0 : options_.batch;
  if (epoch_ == 0 ? static_cast<int64_t>(pool_.size()) == pool_batches
                  : place_ >= static_cast<int64_t>(order_.size())) {
    place_ = 0;
    epoch_ = (epoch_ + 1) % options_.reuse;
    if (epoch_ == 0) pool_.clear();
    order_ = Permutation(pool_batches * options_.batch, generator);
  }

  const int64_t rows = batch.size();
  const at::Device device(options_.device);
  const auto uniform = [&] { return at::rand({rows}, generator, at::kFloat).to(device); };
  // The larger of two uniform draws: what a picture is to show is decided where there is most
  // noise, and a short training is best spent there. (The published training draws one.)
  const at::Tensor t = (at::maximum(uniform(), uniform()) * 1000).to(at::kLong).clamp_max(999);
  at::Tensor noise = at::randn(batch.target.sizes(), generator, at::kFloat);
  noise =
      noise + options_.noise_offset * at::randn({rows, noise.size(1), 1, 1}, generator, at::kFloat);
  noise = noise.to(device);
  const at::Tensor keep = uniform().ge(options_.drop_all);
  const at::Tensor keep_source = uniform().ge(options_.drop_source);
  const at::Tensor noisy = schedule_.AddNoise(batch.target, noise, t);
  const at::Tensor truth = schedule_.Velocity(batch.target, noise, t);
  const at::Tensor predicted = Predict(batch, noisy, t, keep, keep_source).to(at::kFloat);

  // Min-SNR weights for v-prediction, on the whole picture and once more on face and person.
  const at::Tensor snr = schedule_.Snr(t).to(at::kFloat);
  const at::Tensor weight = (snr + 1).clamp_max(options_.min_snr_gamma) / (snr + 1);
  const at::Tensor square = (predicted - truth).square() * channel_weights_;
  pictures_seen_ += rows;
  const at::Tensor counts =
      1 + options_.face_weight * batch.face_mask + options_.person_weight * batch.person_mask;
  const at::Tensor loss = (weight * RowMean(square * counts)).mean();
  if (options_.decoded_weight == 0) return loss;
  // For a predicted v, sqrt(a) noisy - sqrt(1 - a) v is the clean latents: Velocity()'s formula.
  const at::Tensor clean = schedule_.Velocity(predicted, noisy, t);
  const DecodedTargets targets{batch.truth, batch.person_mask, batch.face_mask};
  return loss + options_.decoded_weight * DecodedLoss(targets, clean, weight, networks_.vae,
                                                      training_.folder.conditioning.latent_scale,
                                                      generator);
}

Result<std::string> McldTask::Evaluate(const std::filesystem::path& folder) {
  const double scale = training_.folder.conditioning.latent_scale;
  at::Generator generator = at::detail::createCPUGenerator(7);
  Mean copy, warp, painted, ceiling, face, face_ceiling;
  std::vector<std::vector<Image>> rows;
  for (int i = 0; i < options_.evaluation_pairs; ++i) {
    std::vector<McldSample> samples;
    samples.push_back(MakeMcldSample(*body_, i, true, options_.pair, training_));
    const McldBatch batch = Encode(samples, training_);
    const at::Device device(options_.device);
    const at::Tensor noise = at::randn(batch.target.sizes(), generator, at::kFloat).to(device);
    const at::Tensor t = at::full({1}, 999, at::kLong).to(device);
    const at::Tensor all = at::ones({1}, at::kBool).to(device);
    const at::Tensor v = Predict(batch, noise, t, all, all);
    const at::Tensor clean = schedule_.PredictOriginal(v, 999, noise);
    const Image image = engine::ToImage((networks_.vae->Decode(clean / scale)[0] + 1) / 2);
    const Image best = engine::ToImage((networks_.vae->Decode(batch.target / scale)[0] + 1) / 2);
    const Pair& pair = samples[0].pair;
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
