#include "training/losses/decoded_loss.h"

#include <algorithm>

#include "training/data/cut_size.h"
#include "training/losses/pixel_losses.h"

namespace atelier::training {

CutPlaces DrawCuts(const at::Tensor& person_mask, const at::Tensor& face_mask, int64_t cell_side,
                   at::Generator& generator) {
  const int64_t rows = person_mask.size(2), columns = person_mask.size(3);
  CutPlaces places{.height = std::min<int64_t>(kCutHeight / cell_side, rows),
                   .width = std::min<int64_t>(kCutWidth / cell_side, columns),
                   .top = {},
                   .left = {}};
  const at::Tensor heads = at::rand({person_mask.size(0)}, generator, at::kFloat).lt(0.5);
  for (int64_t i = 0; i < person_mask.size(0); ++i) {
    const bool head = heads[i].item<bool>() && face_mask[i].any().item<bool>();
    const at::Tensor chances = (head ? face_mask : person_mask)[i].flatten() + 1e-6;
    const int64_t cell = at::multinomial(chances, 1, false, generator).item<int64_t>();
    places.top.push_back(
        std::clamp<int64_t>(cell / columns - places.height / 2, 0, rows - places.height));
    places.left.push_back(
        std::clamp<int64_t>(cell % columns - places.width / 2, 0, columns - places.width));
  }
  return places;
}

at::Tensor CutIndex(const CutPlaces& places, int64_t picture_width, int64_t side) {
  const int64_t width = picture_width * side;
  const at::Tensor first =
      (at::tensor(places.top, at::kLong) * width + at::tensor(places.left, at::kLong)) * side;
  const at::Tensor row = at::arange(places.height * side, at::kLong) * width;
  const at::Tensor column = at::arange(places.width * side, at::kLong);
  return first.view({-1, 1, 1}) + row.view({1, -1, 1}) + column;
}

at::Tensor TakeCuts(const at::Tensor& pictures, const at::Tensor& index) {
  // One gather: its gradient is one scatter, where a slice a row would make a picture's worth of
  // zeros for each.
  const at::Tensor everywhere =
      index.flatten(1).unsqueeze(1).expand({pictures.size(0), pictures.size(1), -1});
  return pictures.flatten(2)
      .gather(2, everywhere)
      .view({pictures.size(0), pictures.size(1), index.size(1), index.size(2)});
}

at::Tensor DecodedLoss(const DecodedTargets& targets, const at::Tensor& clean,
                       const at::Tensor& row_weights, engine::AutoencoderKL& vae,
                       double latent_scale) {
  const at::Tensor truth = targets.truth.to(at::kFloat);
  const at::Tensor picture = vae->Decode(TakeCuts(clean, targets.index) / latent_scale);
  const at::Tensor difference = picture.to(at::kFloat) - (truth.slice(1, 0, 3) / 127.5 - 1);
  const at::Tensor weights =
      truth.slice(1, 3) / truth.slice(1, 3).mean() * row_weights.view({-1, 1, 1, 1});
  return AbsoluteLoss(difference, weights) + GradientLoss(difference, weights);
}

}  // namespace atelier::training
