#include "engine/painting/latent_pictures.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

namespace atelier::engine {

at::Tensor EncodeLatents(AutoencoderKL& vae, const at::Tensor& picture, double latent_scale) {
  return Posterior(vae->Encode(picture * 2.0 - 1.0)).mean * latent_scale;
}

at::Tensor DecodeLatents(AutoencoderKL& vae, const at::Tensor& latents, double latent_scale,
                         PictureSize size) {
  const auto compute = vae->parameters().front().options();
  std::vector<at::Tensor> pictures;
  for (const at::Tensor& row : latents.split(1)) {
    const at::Tensor plain = (row / latent_scale).to(compute);
    const at::Tensor picture =
        size == PictureSize::kHalf ? vae->DecodeSmall(plain) : vae->Decode(plain);
    const at::Tensor colours = picture.to(at::kFloat) / 2 + 0.5;
    // Infinity would become a colour.
    pictures.push_back(at::where(colours.isfinite(), colours.clamp(0, 1), std::nan("")));
  }
  return at::cat(pictures, 0);
}

}  // namespace atelier::engine
