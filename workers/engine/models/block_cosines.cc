#include "engine/models/block_cosines.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "engine/nn/without_memory.h"

namespace atelier::engine {
namespace {

struct Frequency {
  int64_t row, column;
};

/// Every frequency of a block, lowest first.
std::vector<Frequency> Frequencies(int64_t side) {
  std::vector<Frequency> frequencies;
  for (int64_t i = 0; i < side * side; ++i) frequencies.push_back({i / side, i % side});
  std::ranges::sort(frequencies, {}, [](const Frequency& f) {
    return std::tuple(f.row + f.column, f.row * f.row + f.column * f.column, f.row);
  });
  return frequencies;
}

/// Orthonormal DCT-II.
double Cosine(int64_t frequency, int64_t place, int64_t side) {
  const auto n = static_cast<double>(side);
  const double angle = std::numbers::pi * (2.0 * place + 1) * frequency / (2 * n);
  return std::cos(angle) * std::sqrt((frequency == 0 ? 1 : 2) / n);
}

/// Orthonormal: lightness, red against blue, green against both.
constexpr double kColours[3][3] = {{1, 1, 1}, {1, 0, -1}, {1, -2, 1}};
constexpr double kSquares[3] = {3, 2, 6};
constexpr double kAmplitudes[3] = {8, 1, 1};

}  // namespace

BlockCosines::BlockCosines(int64_t side, const CosineCounts& counts) : side_(side) {
  const std::vector<Frequency> frequencies = Frequencies(side);
  std::vector<float> basis;
  for (size_t colour = 0; colour < counts.size(); ++colour) {
    for (int64_t k = 0; k < counts[colour]; ++k) {
      const auto [row, column] = frequencies[static_cast<size_t>(k)];
      amplitudes_.push_back(std::sqrt(kAmplitudes[colour]) / static_cast<double>(1 + row + column));
      for (const double weight : kColours[colour]) {
        for (int64_t pixel = 0; pixel < side * side; ++pixel) {
          const double wave = Cosine(row, pixel / side, side) * Cosine(column, pixel % side, side);
          basis.push_back(static_cast<float>(weight / std::sqrt(kSquares[colour]) * wave));
        }
      }
    }
  }
  const WithMemory with_memory;
  const auto latents = static_cast<int64_t>(amplitudes_.size());
  const at::Tensor orthonormal = at::tensor(basis, at::kFloat).view({latents, 3, side, side});
  const at::Tensor amplitude = at::tensor(amplitudes_, at::kFloat).view({-1, 1, 1, 1});
  forward_ = orthonormal / amplitude;
  inverse_ = orthonormal * amplitude;
}

// The waves are in the CPU's memory. Copied without waiting: otherwise the thread would stand until
// a GPU has done all that was queued before.
at::Tensor BlockCosines::Transform(const at::Tensor& pictures) const {
  return at::conv2d(pictures, forward_.to(pictures.options(), /*non_blocking=*/true), {}, side_);
}

at::Tensor BlockCosines::Invert(const at::Tensor& latents) const {
  return at::conv_transpose2d(latents, inverse_.to(latents.options(), /*non_blocking=*/true), {},
                              side_);
}

}  // namespace atelier::engine
