#include "training/vae_task.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/images/tensor.h"
#include "people/png_writer.h"
#include "training/batch.h"
#include "training/image_metrics.h"
#include "training/picture_grid.h"

namespace atelier::training {
namespace {

constexpr int kHeldOutPictures = 24;
constexpr int kGridPictures = 8;

/// Mean |d/dx a - d/dx b| + |d/dy a - d/dy b|: what L1 alone leaves soft.
at::Tensor GradientLoss(const at::Tensor& a, const at::Tensor& b) {
  using at::indexing::Slice;
  const at::Tensor difference = a - b;
  const at::Tensor dx = difference.diff(1, 3);
  const at::Tensor dy = difference.diff(1, 2);
  return dx.abs().mean() + dy.abs().mean();
}

/// A random height x width cut. Half of the places are thrown again once when they show little but
/// one colour, so that people get more of the training than walls.
at::Tensor RandomCut(const at::Tensor& picture, int64_t height, int64_t width,
                     at::Generator& generator) {
  at::Tensor cut;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const at::Tensor place = at::rand({2}, generator, at::kFloat);
    const auto top = static_cast<int64_t>(place[0].item<float>() * (picture.size(1) - height + 1));
    const auto left = static_cast<int64_t>(place[1].item<float>() * (picture.size(2) - width + 1));
    cut = picture.slice(1, top, top + height).slice(2, left, left + width);
    if (cut.std().item<float>() > 0.1) break;
  }
  return cut;
}

/// Error of hue over 4x4 pixels. L1 over RGB is nearly blind to it: most of a picture's error is
/// light and dark, and a grey person is a local minimum that training stays in for long.
at::Tensor ColourLoss(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor difference = a - b;
  const at::Tensor hue = difference - difference.mean(1, /*keepdim=*/true);
  return at::avg_pool2d(hue, {4, 4}).abs().mean();
}

}  // namespace

VaeTask::Pictures VaeTask::Make(const people::Body& body, int64_t index, bool held_out,
                                const PairOptions& options) {
  Pair pair = MakePair(body, index, held_out, options);
  return {std::move(pair.source.rgb), std::move(pair.target.rgb), std::move(pair.texture.colours),
          std::move(pair.warped.colours)};
}

VaeTask::VaeTask(std::shared_ptr<const people::Body> body, engine::AutoencoderKL vae,
                 const VaeTaskOptions& options, const RunState& state)
    : Task({{"vae", vae.ptr()}}, state),
      body_(std::move(body)),
      vae_(std::move(vae)),
      options_(options),
      batches_([body = body_,
                pair = options.pair](int64_t index) { return Make(*body, index, false, pair); },
               state, options.render_threads, options.batch, options.reuse) {
  MoveTo(at::Device(options_.device));
  if (state.step > 0) return;
  // Start nearly without posterior noise: at a standard deviation of 1, what is faint in a picture
  // (hue, first of all) drowns and is learned late.
  const at::NoGradGuard no_grad;
  const int64_t latent = vae_->config().latent_channels;
  vae_->named_parameters()["quant_conv.bias"].slice(0, latent).fill_(-6);
}

at::Tensor VaeTask::Loss(const at::Tensor& pictures, at::Generator& generator) {
  const at::Tensor input = (pictures * 2 - 1).to(at::Device(options_.device));
  const engine::Posterior posterior(vae_->Encode(input).to(at::kFloat));
  const at::Tensor noise =
      at::randn(posterior.mean.sizes(), generator, at::kFloat).to(posterior.mean.device());
  const at::Tensor output = vae_->Decode(posterior.Sample(noise)).to(at::kFloat);
  const at::Tensor kl = posterior.Kl().mean();
  pictures_seen_ += pictures.size(0);
  return (output - input).abs().mean() + 2 * (output - input).square().mean() +
         options_.colour_weight * ColourLoss(output, input) +
         options_.gradient_weight * GradientLoss(output, input) + options_.kl_weight * kl;
}

at::Tensor VaeTask::NextLoss(at::Generator& generator) {
  // Turns over one batch of pairs: targets, sources, then atlases or warped pictures.
  const std::vector<Pictures>& batch = batches_.Next();
  const int turn = batches_.turn();
  samples_taken_ = batches_.samples_taken();
  std::vector<const Image*> pictures;
  for (const Pictures& sample : batch) {
    const bool odd = (samples_taken_ / options_.batch) % 2 == 1;
    pictures.push_back(turn == 0   ? &sample.target
                       : turn == 1 ? &sample.source
                       : odd       ? &sample.atlas
                                   : &sample.warped);
  }
  const at::Tensor whole = ToBatch(pictures);
  std::vector<at::Tensor> cuts;
  for (int64_t i = 0; i < whole.size(0); ++i)
    cuts.push_back(RandomCut(whole[i], std::min<int64_t>(options_.crop_height, whole.size(2)),
                             std::min<int64_t>(options_.crop_width, whole.size(3)), generator));
  return Loss(at::stack(cuts), generator);
}

Result<std::string> VaeTask::Evaluate(const std::filesystem::path& folder) {
  double picture_psnr = 0, warped_psnr = 0, atlas_psnr = 0, square = 0;
  std::vector<std::vector<Image>> rows(2);
  for (int i = 0; i < kHeldOutPictures; ++i) {
    const Pictures sample = Make(*body_, i, true, options_.pair);
    const auto reconstruct = [&](const Image& picture) {
      const at::Tensor input = ToBatch({&picture}).to(at::Device(options_.device)) * 2 - 1;
      const at::Tensor mean = engine::Posterior(vae_->Encode(input)).mean;
      square += mean.square().mean().item<double>() / (3 * kHeldOutPictures);
      return engine::ToImage((vae_->Decode(mean)[0] + 1) / 2);
    };
    const Image target = reconstruct(sample.target);
    picture_psnr += Psnr(target, sample.target, nullptr) / kHeldOutPictures;
    warped_psnr += Psnr(reconstruct(sample.warped), sample.warped, nullptr) / kHeldOutPictures;
    atlas_psnr += Psnr(reconstruct(sample.atlas), sample.atlas, nullptr) / kHeldOutPictures;
    if (i >= kGridPictures) continue;
    rows[0].push_back(sample.target);
    rows[1].push_back(target);
  }
  ATELIER_RETURN_IF_ERROR(people::WriteImage(Grid(rows), folder / "grid.png"));
  char line[200];
  std::snprintf(line, sizeof line,
                "PSNR pictures %.2f dB, warped %.2f dB, atlases %.2f dB; latent_scale %.5f",
                picture_psnr, warped_psnr, atlas_psnr, 1 / std::sqrt(square));
  return std::string(line);
}

}  // namespace atelier::training
