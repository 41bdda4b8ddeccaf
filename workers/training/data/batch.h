// Plain pictures into the tensors a network reads.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "base/image.h"

namespace atelier::training {

/// Pictures of one size -> [B, C, H, W] float in 0..1 (value / 255).
at::Tensor ToBatch(const std::vector<const Image*>& pictures);
at::Tensor ToBatch(const std::vector<Image>& pictures);

}  // namespace atelier::training
