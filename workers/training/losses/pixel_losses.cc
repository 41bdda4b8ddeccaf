#include "training/losses/pixel_losses.h"

#include "people/render/masks.h"

namespace atelier::training {

Image ErrorWeights(const people::Rendering& rendering) {
  Image weights(rendering.mask.height, rendering.mask.width, 1, kWallWeight);
  const Image face = people::RegionMask(rendering, {people::Region::kFace});
  for (size_t i = 0; i < weights.data.size(); ++i) {
    if (rendering.mask.data[i] != 0) weights.data[i] = kPersonWeight;
    if (face.data[i] != 0) weights.data[i] = kFaceWeight;
  }
  return weights;
}

at::Tensor AbsoluteLoss(const at::Tensor& difference, const at::Tensor& weights) {
  return (difference.abs() * weights).mean();
}

at::Tensor GradientLoss(const at::Tensor& difference, const at::Tensor& weights) {
  const at::Tensor dx = difference.diff(1, 3) * weights.slice(3, 1);
  const at::Tensor dy = difference.diff(1, 2) * weights.slice(2, 1);
  return dx.abs().mean() + dy.abs().mean();
}

at::Tensor ColourLoss(const at::Tensor& difference) {
  const at::Tensor hue = difference - difference.mean(1, /*keepdim=*/true);
  return at::avg_pool2d(hue, {4, 4}).abs().mean();
}

}  // namespace atelier::training
