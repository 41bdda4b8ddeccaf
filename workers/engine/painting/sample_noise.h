// The noise that samples begin with, and what schedulers that add noise ask for after each step.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>

namespace atelier::engine {

struct SampleNoise {
  /// [B, channels, h, w] float32, standard deviation 1.
  at::Tensor initial;
  /// Fresh noise of the same shape at every call. May be empty where no scheduler asks for it.
  std::function<at::Tensor()> next;
};

/// Noise as PyTorch's CPU generator draws it from each seed by itself, so that a picture does not
/// depend on its neighbours in the batch. `next` goes on where the generator of each row stopped: a
/// batch of one has the noise of the published test scripts, which share one generator.
SampleNoise SeededNoise(std::span<const uint64_t> seeds, int64_t channels, int64_t height,
                        int64_t width);

}  // namespace atelier::engine
