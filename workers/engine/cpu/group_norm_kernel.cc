#include "engine/cpu/group_norm_kernel.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cpu/wide_vectors.h"

namespace atelier::engine {
namespace {

/// Rows that are summed in float32 before they join the float64 sums.
constexpr int64_t kRowsAtOnce = 32;

/// Adds `rows` of `channels` numbers and of their squares to `sums` and `squares`.
ATELIER_WIDE_VECTORS void AddRows(const float* x, int64_t rows, int64_t channels, float* sums,
                                  float* squares) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* values = x + row * channels;
    for (int64_t c = 0; c < channels; ++c) {
      sums[c] += values[c];
      squares[c] += values[c] * values[c];
    }
  }
}

ATELIER_WIDE_VECTORS void ScaleRows(const float* x, int64_t rows, int64_t channels,
                                    const float* scale, const float* shift, float* y) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* from = x + row * channels;
    float* to = y + row * channels;
    for (int64_t c = 0; c < channels; ++c) to[c] = from[c] * scale[c] + shift[c];
  }
}

struct Moments {
  std::vector<double> sums, squares;  // per channel
};

Moments MomentsOf(const float* x, int64_t rows, int64_t channels) {
  Moments total{std::vector<double>(channels), std::vector<double>(channels)};
  std::vector<float> sums(channels), squares(channels);
  for (int64_t row = 0; row < rows; row += kRowsAtOnce) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    std::fill(squares.begin(), squares.end(), 0.0f);
    AddRows(x + row * channels, std::min(kRowsAtOnce, rows - row), channels, sums.data(),
            squares.data());
    for (int64_t c = 0; c < channels; ++c) {
      total.sums[c] += sums[c];
      total.squares[c] += squares[c];
    }
  }
  return total;
}

/// Slices of one picture's rows that threads take in turn; their number does not depend on the
/// threads, so neither do the sums.
constexpr int64_t kSlices = 8;

/// What one picture is multiplied with and moved by, per channel.
struct Affine {
  std::vector<float> scale, shift;
};

Affine AffineOf(const GroupNormWeights& norm, const std::vector<Moments>& slices, int64_t rows,
                int64_t channels) {
  const int64_t groups = norm.groups, width = channels / groups;
  const auto* weight = norm.weight.const_data_ptr<float>();
  const auto* bias = norm.bias.const_data_ptr<float>();
  Affine affine{std::vector<float>(channels), std::vector<float>(channels)};
  for (int64_t group = 0; group < groups; ++group) {
    double sum = 0, square = 0;
    for (const Moments& slice : slices) {
      for (int64_t c = group * width; c < (group + 1) * width; ++c) {
        sum += slice.sums[c];
        square += slice.squares[c];
      }
    }
    const auto count = static_cast<double>(rows * width);
    const double mean = sum / count;
    const double variance = std::max(0.0, square / count - mean * mean);
    const double inverse = 1.0 / std::sqrt(variance + norm.epsilon);
    for (int64_t c = group * width; c < (group + 1) * width; ++c) {
      affine.scale[c] = static_cast<float>(weight[c] * inverse);
      affine.shift[c] = static_cast<float>(bias[c] - mean * inverse * weight[c]);
    }
  }
  return affine;
}

}  // namespace

at::Tensor NormalizeChannelsLast(const GroupNormWeights& norm, const at::Tensor& x, bool silu) {
  const int64_t pictures = x.size(0), channels = x.size(1), rows = x.size(2) * x.size(3);
  at::Tensor y = at::empty_like(x);
  const float* from = x.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  at::Tensor pixels = y.permute({0, 2, 3, 1}).view({pictures * rows, channels});
  const auto first_row = [rows](int64_t slice) { return rows * slice / kSlices; };
  for (int64_t picture = 0; picture < pictures; ++picture) {
    const int64_t start = picture * rows * channels;
    std::vector<Moments> slices(kSlices);
    at::parallel_for(0, kSlices, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        slices[i] = MomentsOf(from + start + first_row(i) * channels,
                              first_row(i + 1) - first_row(i), channels);
    });
    const Affine affine = AffineOf(norm, slices, rows, channels);
    at::parallel_for(0, kSlices, 1, [&](int64_t begin, int64_t end) {
      const c10::InferenceMode inference;  // the caller's mode does not reach its threads
      for (int64_t row = first_row(begin); row < first_row(end); row += kRowsAtOnce) {
        const int64_t at = start + row * channels;
        const int64_t count = std::min(kRowsAtOnce, first_row(end) - row);
        ScaleRows(from + at, count, channels, affine.scale.data(), affine.shift.data(), to + at);
        // While the rows are in the cache.
        if (!silu) continue;
        at::Tensor done = pixels.narrow(0, picture * rows + row, count);
        at::silu_(done);
      }
    });
  }
  return y;
}

}  // namespace atelier::engine
