#include "engine/images/tensor.h"

#include <ATen/ATen.h>

#include <array>
#include <cstring>

#include "engine/images/resize.h"

namespace atelier::engine {
namespace {

/// uint8 [H, W, C], owning its pixels.
at::Tensor Bytes(const Image& image) {
  at::Tensor bytes = at::empty({image.height, image.width, image.channels}, at::kByte);
  std::memcpy(bytes.mutable_data_ptr(), image.data.data(), image.data.size());
  return bytes;
}

at::Tensor ToNchw(const at::Tensor& hwc) {
  return hwc.permute({2, 0, 1}).unsqueeze(0).contiguous();
}

/// What a channel is brought to mean 0 and deviation 1 by.
struct ChannelStatistics {
  std::array<double, 3> mean;
  std::array<double, 3> deviation;
};

constexpr ChannelStatistics kClip = {{0.48145466, 0.4578275, 0.40821073},
                                     {0.26862954, 0.26130258, 0.27577711}};
constexpr ChannelStatistics kImageNet = {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};

/// Divided in float64 and rounded, then normalised in float32, as transformers does it.
at::Tensor Normalised(const Image& image, const ChannelStatistics& statistics) {
  const auto channels = [](const std::array<double, 3>& values) {
    return at::tensor(values, at::kFloat).view({1, 3, 1, 1});
  };
  const at::Tensor bytes = ToNchw(Bytes(image));
  return ((bytes.to(at::kDouble) * (1.0 / 255.0)).to(at::kFloat) - channels(statistics.mean)) /
         channels(statistics.deviation);
}

}  // namespace

at::Tensor ToTensor(const Image& image) { return ToNchw(Bytes(image)).to(at::kFloat).div_(255.0); }

Image ToImage(const at::Tensor& tensor, ByteRounding rounding) {
  const at::Tensor chw = tensor.dim() == 4 ? tensor.squeeze(0) : tensor;
  at::Tensor scaled = chw.detach().to(at::kFloat).clamp(0.0, 1.0) * 255.0;
  if (rounding == ByteRounding::kNearest) scaled = scaled + 0.5;
  const at::Tensor bytes = scaled.to(at::kByte).permute({1, 2, 0}).cpu().contiguous();
  Image image(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)),
              static_cast<int>(bytes.size(2)));
  std::memcpy(image.data.data(), bytes.const_data_ptr(), image.data.size());
  return image;
}

at::Tensor ClipPixelValues(const Image& image, int size) {
  // The longer side is truncated, as transformers' get_resize_output_image_size does.
  const bool wide = image.width > image.height;
  const int shorter = wide ? image.height : image.width;
  const int longer = wide ? image.width : image.height;
  const int scaled = static_cast<int>(int64_t{size} * longer / shorter);
  const Image resized =
      Resize(image, wide ? size : scaled, wide ? scaled : size, ResizeFilter::kBicubic);
  return Normalised(CentreCrop(resized, size, size), kClip);
}

at::Tensor ImageNetPixelValues(const Image& image) { return Normalised(image, kImageNet); }

}  // namespace atelier::engine
