#include "training/batch.h"

#include <cstring>

namespace atelier::training {

at::Tensor ToBatch(const std::vector<const Image*>& pictures) {
  const Image& first = *pictures.front();
  const auto count = static_cast<int64_t>(pictures.size());
  at::Tensor bytes = at::empty({count, first.height, first.width, first.channels}, at::kByte);
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(bytes[i].data_ptr(), pictures[i]->data.data(), pictures[i]->data.size());
  return bytes.permute({0, 3, 1, 2}).contiguous().to(at::kFloat).div_(255);
}

Image ToImage(const at::Tensor& picture) {
  const at::Tensor bytes = picture.detach()
                               .to(at::kCPU, at::kFloat)
                               .clamp(0, 1)
                               .mul(255)
                               .round()
                               .to(at::kByte)
                               .permute({1, 2, 0})
                               .contiguous();
  Image image(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)),
              static_cast<int>(bytes.size(2)));
  std::memcpy(image.data.data(), bytes.data_ptr(), image.data.size());
  return image;
}

}  // namespace atelier::training
