// Image <-> tensor, and the preprocessing of CLIP and of networks trained on ImageNet.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/image.h"

namespace atelier::engine {

/// float32 [1, C, H, W] in 0..1 (value / 255), contiguous.
at::Tensor ToTensor(const Image& image);

/// How 0..1 becomes 0..255: to the nearest, or cut as the published test script does.
enum class ByteRounding { kNearest, kTruncate };

/// [1, C, H, W] or [C, H, W], any device and float type, clamped to 0..1.
Image ToImage(const at::Tensor& tensor, ByteRounding rounding = ByteRounding::kNearest);

/// CLIPImageProcessor: bicubic to `size` on the shorter side, centre crop, CLIP's mean and standard
/// deviation: float32 [1, 3, size, size]. REQUIRES: RGB.
at::Tensor ClipPixelValues(const Image& image, int size = 224);

/// The picture as it is, by ImageNet's mean and standard deviation, as transformers' image
/// processors compute it (DINOv2): float32 [1, 3, H, W]. REQUIRES: RGB.
at::Tensor ImageNetPixelValues(const Image& image);

}  // namespace atelier::engine
