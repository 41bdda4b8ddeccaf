#include "engine/pipelines/mcld/conditions.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/body.h"
#include "engine/images/resize.h"
#include "engine/images/tensor.h"
#include "engine/painting/latent_pictures.h"

namespace atelier::engine {

int64_t IuvChannels(IuvEncoding encoding) {
  return encoding == IuvEncoding::kVui ? 3 : kBodyPartCount + 1 + 2;
}

at::Tensor ByteTensor(const Image& image) {
  const at::Tensor interleaved =
      at::empty({image.height, image.width, image.channels}, at::TensorOptions().dtype(at::kByte));
  std::memcpy(interleaved.data_ptr<uint8_t>(), image.data.data(), image.data.size());
  return interleaved.permute({2, 0, 1}).unsqueeze(0).contiguous();
}

at::Tensor ClipPixels(const Image& picture, int64_t size, ClipInput input) {
  const int side = static_cast<int>(size);
  if (input == ClipInput::kCrop) return ClipPixelValues(picture, side);
  return ClipPixelValues(Resize(picture, side, side, ResizeFilter::kBicubic), side);
}

at::Tensor EncodeIuv(const at::Tensor& iuv, IuvEncoding encoding) {
  const at::Tensor scaled = iuv.to(at::kFloat) / 255.0;
  if (encoding == IuvEncoding::kVui) return scaled.flip({1});
  const at::Tensor parts =  // [1, 25, 1, 1]
      at::arange(kBodyPartCount + 1, at::TensorOptions().dtype(at::kByte).device(iuv.device()))
          .view({1, -1, 1, 1});
  const at::Tensor one_hot = (iuv.slice(1, 0, 1) == parts).to(at::kFloat);
  return at::cat({one_hot, scaled.slice(1, 1, 3)}, 1);
}

at::Tensor WarpTensor(const WarpedTexture& warped) {
  return at::cat({ToTensor(warped.colours), ToTensor(warped.validity)}, 1);
}

at::Tensor PoseGuiderInput(const at::Tensor& encoded_iuv, const at::Tensor& warp) {
  return warp.defined() ? at::cat({encoded_iuv, warp}, 1) : encoded_iuv;
}

at::Tensor WarpLatents(AutoencoderKL& vae, const at::Tensor& warp, double latent_scale) {
  const int64_t scale = vae->config().scale();
  const at::Tensor latents = EncodeLatents(vae, warp.slice(1, 0, 3), latent_scale);
  const at::Tensor validity = at::avg_pool2d(warp.slice(1, 3, 4), {scale, scale});
  return at::cat({latents, validity.to(latents.scalar_type())}, 1);
}

ConditionTokens StageTokens(const at::Tensor& source, const at::Tensor& texture,
                            const at::Tensor& face) {
  const at::Tensor source_token = source.unsqueeze(1);  // [B, 1, D]
  const at::Tensor texture_token = texture.unsqueeze(1);
  return {.down = at::cat({source_token, face}, 1),
          .mid = at::cat({source_token, texture_token, face}, 1),
          .up = at::cat({texture_token, face}, 1)};
}

}  // namespace atelier::engine
