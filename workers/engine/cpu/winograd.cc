#include "engine/cpu/winograd.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "engine/cpu/onednn.h"
#include "engine/cpu/wide_vectors.h"

namespace atelier::engine {
namespace {

constexpr int64_t kTile = 4;           // results a side
constexpr int64_t kPatch = kTile + 2;  // inputs a side
constexpr int64_t kPoints = kPatch * kPatch;
/// Tiles whose products are made together: few enough that they stay in the cache.
constexpr int64_t kTilesAtOnce = 512;
constexpr int64_t kLanes = 16;

/// Sixteen channels.
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(4)));

#define ATELIER_INLINE __attribute__((always_inline)) inline

ATELIER_INLINE void Load(const float* from, Lanes& to) { std::memcpy(&to, from, sizeof to); }
ATELIER_INLINE void Store(const Lanes& from, float* to) { std::memcpy(to, &from, sizeof from); }

/// B^T x, in place over six values `stride` apart.
ATELIER_INLINE void TransformInput(Lanes* x, int64_t stride) {
  const Lanes x0 = x[0], x1 = x[stride], x2 = x[2 * stride], x3 = x[3 * stride];
  const Lanes x4 = x[4 * stride], x5 = x[5 * stride];
  x[0] = 4.0f * x0 - 5.0f * x2 + x4;
  x[stride] = x4 + x3 - 4.0f * (x1 + x2);
  x[2 * stride] = x4 - x3 + 4.0f * (x1 - x2);
  x[3 * stride] = x4 - x2 + 2.0f * (x3 - x1);
  x[4 * stride] = x4 - x2 - 2.0f * (x3 - x1);
  x[5 * stride] = 4.0f * x1 - 5.0f * x3 + x5;
}

/// A^T m of six values `stride` apart, into the first four of them.
ATELIER_INLINE void TransformOutput(Lanes* m, int64_t stride) {
  const Lanes sum = m[stride] + m[2 * stride], difference = m[stride] - m[2 * stride];
  const Lanes far_sum = m[3 * stride] + m[4 * stride];
  const Lanes far_difference = m[3 * stride] - m[4 * stride];
  m[0] = m[0] + sum + far_sum;
  m[stride] = difference + 2.0f * far_difference;
  m[2 * stride] = sum + 4.0f * far_sum;
  m[3 * stride] = difference + 8.0f * far_difference + m[5 * stride];
}

/// Where one tile lies.
struct Place {
  int64_t picture, top, left;
};

struct Pictures {
  int64_t count, height, width;
  int64_t tiles_down() const { return (height + kTile - 1) / kTile; }
  int64_t tiles_across() const { return (width + kTile - 1) / kTile; }
  int64_t tiles() const { return count * tiles_down() * tiles_across(); }
  Place place(int64_t tile) const {
    const int64_t row = tile / tiles_across();
    return {row / tiles_down(), row % tiles_down() * kTile, tile % tiles_across() * kTile};
  }
  const float* pixel(const float* data, const Place& at, int64_t y, int64_t x,
                     int64_t channels) const {
    return data + ((at.picture * height + y) * width + x) * channels;
  }
};

/// The patch of one tile, transformed: point p goes to `to` + p * point_stride.
ATELIER_WIDE_VECTORS void TilePatch(const float* from, const Pictures& pictures, const Place& at,
                                    int64_t channels, float* to, int64_t point_stride) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    Lanes patch[kPoints];
    for (int64_t i = 0; i < kPatch; ++i) {
      for (int64_t j = 0; j < kPatch; ++j) {
        const int64_t y = at.top + i - 1, x = at.left + j - 1;
        if (y < 0 || x < 0 || y >= pictures.height || x >= pictures.width)
          patch[i * kPatch + j] = Lanes{};
        else
          Load(pictures.pixel(from, at, y, x, channels) + c, patch[i * kPatch + j]);
      }
    }
    for (int64_t j = 0; j < kPatch; ++j) TransformInput(patch + j, kPatch);
    for (int64_t i = 0; i < kPatch; ++i) TransformInput(patch + i * kPatch, 1);
    for (int64_t p = 0; p < kPoints; ++p) Store(patch[p], to + p * point_stride + c);
  }
}

/// The results of one tile from its 36 products, `products[p]` + offset each.
ATELIER_WIDE_VECTORS void TileResults(const float* const* products, int64_t offset,
                                      const float* bias, const Pictures& pictures, const Place& at,
                                      int64_t channels, float* to) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    Lanes points[kPoints], moved;
    for (int64_t p = 0; p < kPoints; ++p) Load(products[p] + offset + c, points[p]);
    Load(bias + c, moved);
    for (int64_t j = 0; j < kPatch; ++j) TransformOutput(points + j, kPatch);
    for (int64_t i = 0; i < kTile; ++i) {
      TransformOutput(points + i * kPatch, 1);
      const int64_t y = at.top + i;
      if (y >= pictures.height) break;
      for (int64_t j = 0; j < std::min(kTile, pictures.width - at.left); ++j) {
        const Lanes result = points[i * kPatch + j] + moved;
        Store(result, const_cast<float*>(pictures.pixel(to, at, y, at.left + j, channels)) + c);
      }
    }
  }
}

/// G g G^T of every filter, in float64: [36, out, in].
at::Tensor TransformWeights(const at::Tensor& weight) {
  const at::Tensor g =
      at::tensor({1 / 4.0, 0.0, 0.0, -1 / 6.0, -1 / 6.0, -1 / 6.0, -1 / 6.0, 1 / 6.0, -1 / 6.0,
                  1 / 24.0, 1 / 12.0, 1 / 6.0, 1 / 24.0, -1 / 12.0, 1 / 6.0, 0.0, 0.0, 1.0},
                 at::kDouble)
          .view({kPatch, 3});
  const at::Tensor transformed = g.matmul(weight.to(at::kDouble)).matmul(g.t());
  return transformed.permute({2, 3, 0, 1}).flatten(0, 1).to(at::kFloat);
}

}  // namespace

WinogradConvolution::WinogradConvolution(const at::Tensor& weight)
    : in_channels_(weight.size(1)), out_channels_(weight.size(0)) {
  for (const at::Tensor& point : TransformWeights(weight).unbind(0))
    weights_.push_back(onednn::PackLinear(point.contiguous()));
}

bool WinogradConvolution::Pays(const at::Tensor& weight, at::IntArrayRef input_size) {
  // With fewer tiles, reading the larger weights takes as long as the products they save.
  constexpr int64_t kLeastChannels = 64, kLeastTiles = 32;
  const Pictures pictures{input_size[0], input_size[2], input_size[3]};
  const int64_t out = weight.size(0), in = weight.size(1);
  return out % kLanes == 0 && in % kLanes == 0 && std::min(in, out) >= kLeastChannels &&
         pictures.tiles() >= kLeastTiles;
}

at::Tensor WinogradConvolution::operator()(const at::Tensor& x, const at::Tensor& bias) const {
  const Pictures pictures{x.size(0), x.size(2), x.size(3)};
  at::Tensor y = at::empty({x.size(0), out_channels_, x.size(2), x.size(3)}, x.options(),
                           at::MemoryFormat::ChannelsLast);
  const int64_t tiles = pictures.tiles(), most = std::min(tiles, kTilesAtOnce);
  const at::Tensor patches = at::empty({kPoints, most, in_channels_}, x.options());
  const float* from = x.const_data_ptr<float>();
  const float* moved = bias.const_data_ptr<float>();
  float* points = patches.mutable_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();

  for (int64_t first = 0; first < tiles; first += kTilesAtOnce) {
    const int64_t count = std::min(kTilesAtOnce, tiles - first);
    at::parallel_for(0, count, 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        TilePatch(from, pictures, pictures.place(first + i), in_channels_,
                  points + i * in_channels_, most * in_channels_);
    });
    std::vector<at::Tensor> products;
    std::vector<const float*> data;
    for (int64_t p = 0; p < kPoints; ++p) {
      products.push_back(onednn::Linear(patches[p].slice(0, 0, count), weights_[p], {}));
      data.push_back(products.back().const_data_ptr<float>());
    }
    at::parallel_for(0, count, 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        TileResults(data.data(), i * out_channels_, moved, pictures, pictures.place(first + i),
                    out_channels_, to);
    });
  }
  return y;
}

}  // namespace atelier::engine
