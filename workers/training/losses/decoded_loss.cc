#include "training/losses/decoded_loss.h"

#include <algorithm>

#include "training/data/cut_size.h"
#include "training/losses/pixel_losses.h"

namespace atelier::training {

at::Tensor DecodedLoss(const DecodedTargets& targets, const at::Tensor& clean,
                       const at::Tensor& row_weights, engine::AutoencoderKL& vae,
                       double latent_scale, at::Generator& generator) {
  const int64_t cell_side = vae->config().scale();
  const int64_t height = std::min<int64_t>(kCutHeight / cell_side, clean.size(2));
  const int64_t width = std::min<int64_t>(kCutWidth / cell_side, clean.size(3));
  const at::Tensor people = targets.person_mask.cpu();
  const at::Tensor faces = targets.face_mask.cpu();
  const at::Tensor heads = at::rand({clean.size(0)}, generator, at::kFloat).lt(0.5);
  std::vector<at::Tensor> latents, truths;
  for (int64_t i = 0; i < clean.size(0); ++i) {
    const bool head = heads[i].item<bool>() && faces[i].any().item<bool>();
    const at::Tensor chances = (head ? faces : people)[i].flatten() + 1e-6;
    const int64_t cell = at::multinomial(chances, 1, false, generator).item<int64_t>();
    const int64_t top =
        std::clamp<int64_t>(cell / clean.size(3) - height / 2, 0, clean.size(2) - height);
    const int64_t left =
        std::clamp<int64_t>(cell % clean.size(3) - width / 2, 0, clean.size(3) - width);
    latents.push_back(clean[i].slice(1, top, top + height).slice(2, left, left + width));
    truths.push_back(targets.truth[i]
                         .slice(1, top * cell_side, (top + height) * cell_side)
                         .slice(2, left * cell_side, (left + width) * cell_side));
  }
  const at::Tensor truth = at::stack(truths).to(at::kFloat);
  const at::Tensor picture = vae->Decode(at::stack(latents) / latent_scale);
  const at::Tensor difference = picture.to(at::kFloat) - (truth.slice(1, 0, 3) / 127.5 - 1);
  const at::Tensor weights =
      truth.slice(1, 3) / truth.slice(1, 3).mean() * row_weights.view({-1, 1, 1, 1});
  return AbsoluteLoss(difference, weights) + GradientLoss(difference, weights);
}

}  // namespace atelier::training
