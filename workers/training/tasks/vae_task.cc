#include "training/tasks/vae_task.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/images/tensor.h"
#include "people/files/png_writer.h"
#include "people/render/masks.h"
#include "training/data/batch.h"
#include "training/data/device_stream.h"
#include "training/losses/pixel_losses.h"
#include "training/metrics/image_metrics.h"
#include "training/metrics/picture_grid.h"
#include "training/metrics/scores.h"

namespace atelier::training {
namespace {

constexpr int kHeldOutPictures = 24;
constexpr int kGridPictures = 8;

/// A random height x width cut of [4, H, W]. A place that shows little but one colour is thrown
/// again, twice at most, so that people get more of the training than walls.
at::Tensor RandomCut(const at::Tensor& picture, int64_t height, int64_t width,
                     at::Generator& generator) {
  at::Tensor cut;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const at::Tensor place = at::rand({2}, generator, at::kFloat);
    const auto top = static_cast<int64_t>(place[0].item<float>() * (picture.size(1) - height + 1));
    const auto left = static_cast<int64_t>(place[1].item<float>() * (picture.size(2) - width + 1));
    cut = picture.slice(1, top, top + height).slice(2, left, left + width);
    if (cut.slice(0, 0, 3).std().item<float>() > 0.1) break;
  }
  return cut;
}

}  // namespace

VaeTask::VaeTask(std::shared_ptr<const people::Body> body, engine::AutoencoderKL vae,
                 const VaeTaskOptions& options, const RunState& state)
    : Task({{"vae", vae.ptr()}}, state),
      body_(std::move(body)),
      vae_(std::move(vae)),
      options_(options),
      batches_([body = body_,
                pair = options.pair](int64_t index) { return MakePair(*body, index, false, pair); },
               state, options.render_threads, options.batch, options.reuse),
      steps_([this](at::Generator& generator) { return Prepare(generator); },
             at::Device(options.device)) {
  MoveTo(at::Device(options_.device));
  if (state.step > 0 || vae_->config().block_cosines) return;
  // Start nearly without posterior noise: at a standard deviation of 1, what is faint in a picture
  // (hue, first of all) drowns and is learned late.
  const at::NoGradGuard no_grad;
  const int64_t latent = vae_->config().latent_channels;
  vae_->named_parameters()["quant_conv.bias"].slice(0, latent).fill_(-6);
}

StepsAhead<VaeTask::Inputs>::Step VaeTask::Prepare(at::Generator& generator) {
  // Turns over one batch of pairs: targets, sources, then atlases or warped pictures.
  const std::vector<Pair>& batch = batches_.Next();
  const int turn = batches_.turn();
  const bool atlas = turn > 1 && (batches_.samples_taken() / options_.batch) % 2 == 1;
  std::vector<const Image*> pictures;
  std::vector<Image> weights;
  for (const Pair& pair : batch) {
    pictures.push_back(turn == 0   ? &pair.target.rgb
                       : turn == 1 ? &pair.source.rgb
                       : atlas     ? &pair.texture.colours
                                   : &pair.warped.colours);
    weights.push_back(ErrorWeights(turn == 1 ? pair.source : pair.target));
  }
  const at::Tensor colours = ToBatch(pictures);
  const at::Tensor counts = atlas ? at::ones_like(colours.slice(1, 0, 1)) : ToBatch(weights) * 255;
  const at::Tensor whole = at::cat({colours, counts}, 1);
  std::vector<at::Tensor> cuts;
  for (int64_t i = 0; i < whole.size(0); ++i)
    cuts.push_back(RandomCut(whole[i], std::min<int64_t>(options_.crop_height, whole.size(2)),
                             std::min<int64_t>(options_.crop_width, whole.size(3)), generator));
  const at::Tensor stacked = at::stack(cuts);
  const engine::VaeConfig& config = vae_->config();
  const at::Tensor noise =
      at::randn({stacked.size(0), config.latent_channels, stacked.size(2) / config.scale(),
                 stacked.size(3) / config.scale()},
                generator, at::kFloat);
  const at::Device device(options_.device);
  return {{Send(stacked, device), Send(noise, device)},
          {batches_.samples_taken(), batches_.place()}};
}

at::Tensor VaeTask::NextLoss(at::Generator& generator) {
  const auto& step = steps_.Next(generator);
  SetProgress(step.progress);
  const at::Tensor& pictures = step.inputs.pictures;
  pictures_seen_ += pictures.size(0);
  const at::Tensor input = pictures.slice(1, 0, 3) * 2 - 1;
  const at::Tensor weights = pictures.slice(1, 3) / pictures.slice(1, 3).mean();
  const engine::Posterior posterior(vae_->Encode(input).to(at::kFloat));
  const at::Tensor output = vae_->Decode(posterior.Sample(step.inputs.noise)).to(at::kFloat);
  const at::Tensor difference = output - input;
  const at::Tensor loss = AbsoluteLoss(difference, weights) +
                          2 * (difference.square() * weights).mean() +
                          options_.colour_weight * ColourLoss(difference) +
                          options_.gradient_weight * GradientLoss(difference, weights);
  if (vae_->config().block_cosines) return loss;  // nothing to learn about the latents
  return loss + options_.kl_weight * posterior.Kl().mean();
}

Result<std::string> VaeTask::Evaluate(const std::filesystem::path& folder) {
  Mean pictures, person, face, warped, atlas, square, off_warp;
  const at::Tensor amplitudes =
      at::tensor(vae_->config().LatentAmplitudes(), at::kFloat).view({1, -1, 1, 1});
  std::vector<std::vector<Image>> rows(2);
  for (int i = 0; i < kHeldOutPictures; ++i) {
    const Pair pair = MakePair(*body_, i, true, options_.pair);
    const auto encode = [&](const Image& picture) {
      const at::Tensor input = ToBatch({&picture}).to(at::Device(options_.device)) * 2 - 1;
      return engine::Posterior(vae_->Encode(input)).mean;
    };
    const auto decode = [&](const at::Tensor& latents) {
      square.Add(latents.square().mean().item<double>());
      return engine::ToImage((vae_->Decode(latents)[0] + 1) / 2);
    };
    const Image& truth = pair.target.rgb;
    const at::Tensor target_latents = encode(truth);
    const at::Tensor warped_latents = encode(pair.warped.colours);
    const Image target = decode(target_latents);
    pictures.Add(Psnr(target, truth, nullptr));
    person.Add(Psnr(target, truth, &pair.target.mask));
    const Image face_mask = people::RegionMask(pair.target, {people::Region::kFace});
    if (const auto error = CompareRegion(target, truth, face_mask)) face.Add(error->psnr);
    warped.Add(Psnr(decode(warped_latents), pair.warped.colours, nullptr));
    atlas.Add(Psnr(decode(encode(pair.texture.colours)), pair.texture.colours, nullptr));
    const at::Tensor difference = (target_latents - warped_latents).cpu();
    off_warp.Add((difference / amplitudes).square().mean().item<double>());
    if (i >= kGridPictures) continue;
    rows[0].push_back(truth);
    rows[1].push_back(target);
  }
  ATELIER_RETURN_IF_ERROR(people::WriteImage(Grid(rows), folder / "grid.png"));
  char line[200];
  std::snprintf(line, sizeof line,
                "PSNR pictures %.2f dB (person %.2f, face %.2f), warped %.2f dB, atlases %.2f dB; "
                "latent_scale %.5f, prior_deviation %.3f",
                pictures.value(), person.value(), face.value(), warped.value(), atlas.value(),
                1 / std::sqrt(square.value()), std::sqrt(off_warp.value()));
  return std::string(line);
}

}  // namespace atelier::training
