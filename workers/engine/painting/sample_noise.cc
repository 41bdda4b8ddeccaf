#include "engine/painting/sample_noise.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <utility>
#include <vector>

namespace atelier::engine {

SampleNoise SeededNoise(std::span<const uint64_t> seeds, int64_t channels, int64_t height,
                        int64_t width) {
  std::vector<at::Generator> generators;
  for (const uint64_t seed : seeds) generators.push_back(at::detail::createCPUGenerator(seed));
  auto draw = [generators = std::move(generators), channels, height, width] {
    std::vector<at::Tensor> rows;
    rows.reserve(generators.size());
    for (const at::Generator& generator : generators) {
      rows.push_back(at::randn({1, channels, height, width}, generator,
                               at::TensorOptions().dtype(at::kFloat)));
    }
    return at::cat(rows, 0);
  };
  at::Tensor initial = draw();
  return {.initial = std::move(initial), .next = std::move(draw)};
}

}  // namespace atelier::engine
