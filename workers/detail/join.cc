#include "detail/join.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/body.h"

namespace atelier::detail {
namespace {

/// Pixels that count as shown by both; with fewer of them colours stay as they are.
constexpr int kLeastWeight = 200;
constexpr int kLeastShared = 200;

/// Shifts the colours of `picture` by the mean difference from `first`.
void MatchColours(const CarriedPicture& first, CarriedPicture& picture) {
  std::array<int64_t, 3> difference{};
  int64_t shared = 0;
  for (size_t i = 0; i < first.weight.data.size(); ++i) {
    if (first.weight.data[i] < kLeastWeight || picture.weight.data[i] < kLeastWeight) continue;
    ++shared;
    for (size_t c = 0; c < 3; ++c) {
      difference[c] += first.colours.data[3 * i + c] - picture.colours.data[3 * i + c];
    }
  }
  if (shared < kLeastShared) return;
  for (size_t i = 0; i < picture.colours.data.size(); ++i) {
    const int64_t shifted = picture.colours.data[i] + difference[i % 3] / shared;
    picture.colours.data[i] = static_cast<uint8_t>(std::clamp<int64_t>(shifted, 0, 255));
  }
}

/// The pictures by how much of each part they show, most first.
std::array<std::vector<size_t>, kBodyPartCount + 1> OrderByPart(
    const std::vector<CarriedPicture>& pictures, const Image& iuv) {
  std::array<std::vector<int64_t>, kBodyPartCount + 1> shown;
  for (auto& part : shown) part.resize(pictures.size());
  for (size_t i = 0; i < iuv.data.size() / 3; ++i) {
    for (size_t k = 0; k < pictures.size(); ++k) {
      shown[iuv.data[3 * i]][k] += pictures[k].weight.data[i];
    }
  }
  std::array<std::vector<size_t>, kBodyPartCount + 1> order;
  for (size_t part = 0; part < order.size(); ++part) {
    order[part].resize(pictures.size());
    std::iota(order[part].begin(), order[part].end(), size_t{0});
    std::ranges::stable_sort(order[part], std::ranges::greater{},
                             [&](size_t k) { return shown[part][k]; });
  }
  return order;
}

}  // namespace

CarriedPicture JoinCarried(std::vector<CarriedPicture> pictures, const Image& iuv) {
  for (size_t k = 1; k < pictures.size(); ++k) MatchColours(pictures.front(), pictures[k]);
  const auto order = OrderByPart(pictures, iuv);
  CarriedPicture out = pictures.front();
  for (size_t i = 0; i < out.weight.data.size(); ++i) {
    float left = 1;
    std::array<float, 3> sum{};
    for (const size_t k : order[iuv.data[3 * i]]) {
      const float share = left * static_cast<float>(pictures[k].weight.data[i]) / 255;
      for (size_t c = 0; c < 3; ++c) {
        sum[c] += share * static_cast<float>(pictures[k].colours.data[3 * i + c]);
      }
      left -= share;
    }
    const float weight = 1 - left;
    out.weight.data[i] = static_cast<uint8_t>(255 * weight + .5f);
    for (size_t c = 0; c < 3; ++c) {
      const float value = weight > 0 ? sum[c] / weight : 0;
      out.colours.data[3 * i + c] = static_cast<uint8_t>(value + .5f);
    }
  }
  return out;
}

}  // namespace atelier::detail
