#include "edit/garment/worn_clothes.h"

#include <algorithm>

namespace atelier::edit {
namespace {

constexpr float kBareMetres = 0.0f;
constexpr int kSmoothingRounds = 2;
/// Below this share a vertex is of neither garment and keeps its clothes.
constexpr float kUntouched = .02f;

/// Half of each vertex's value is taken from its neighbours.
std::vector<float> Smoothed(const people::Body& body, const std::vector<float>& values) {
  std::vector<float> sum(values.size(), 0), count(values.size(), 0);
  for (const people::Triangle& t : body.skin()) {
    for (size_t k = 0; k < 3; ++k) {
      const auto own = static_cast<size_t>(t[k]);
      for (const size_t other :
           {static_cast<size_t>(t[(k + 1) % 3]), static_cast<size_t>(t[(k + 2) % 3])}) {
        sum[own] += values[other];
        count[own] += 1;
      }
    }
  }
  std::vector<float> out = values;
  for (size_t v = 0; v < out.size(); ++v) {
    if (count[v] > 0) out[v] = .5f * values[v] + .5f * sum[v] / count[v];
  }
  return out;
}

}  // namespace

std::vector<float> ClothesAfter(const people::Body& body, const Person& base, const Person& donor,
                                const std::vector<float>& worn, const std::vector<float>& old) {
  std::vector<float> clothes(base.clothes.size());
  for (size_t v = 0; v < clothes.size(); ++v) {
    const float own = base.clothes[v];
    const float dressed = own * (1 - worn[v]) + donor.clothes[v] * worn[v];
    const float bare = std::clamp(old[v] - worn[v], 0.0f, 1.0f);
    clothes[v] = dressed * (1 - bare) + std::min(own, kBareMetres) * bare;
  }
  for (int round = 0; round < kSmoothingRounds; ++round) clothes = Smoothed(body, clothes);
  for (size_t v = 0; v < clothes.size(); ++v) {
    if (worn[v] < kUntouched && old[v] < kUntouched) clothes[v] = base.clothes[v];
  }
  return clothes;
}

}  // namespace atelier::edit
