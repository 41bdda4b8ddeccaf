#include "edit/warp/worn_clothes.h"

#include <algorithm>
#include <utility>

#include "edit/warp/smoothed.h"

namespace atelier::edit {
namespace {

constexpr float kBareMetres = 0.0f;
constexpr int kSmoothingRounds = 2;
/// Below this share a vertex is of neither garment and keeps its clothes.
constexpr float kUntouched = .02f;

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
  clothes = Smoothed(body, std::move(clothes), kSmoothingRounds);
  for (size_t v = 0; v < clothes.size(); ++v) {
    if (worn[v] < kUntouched && old[v] < kUntouched) clothes[v] = base.clothes[v];
  }
  return clothes;
}

}  // namespace atelier::edit
