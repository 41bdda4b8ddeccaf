#include "edit/warp/hem.h"

#include <algorithm>

#include "edit/person/even_around.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Metres: for less it is not worth it, and shorter below the chest it is no top.
constexpr float kLeastMetres = .01f, kLeastLength = .03f;
/// Where stretching does not do, the last part, whose hem is not quite level, is not taken, and
/// what is missing is continued.
constexpr float kHemBand = .02f;
/// Metres over which the hem is softened.
constexpr float kSoft = .012f;

}  // namespace

float Hem::DonorHeight(float height) const {
  if (height >= kChest) return height;
  if (height <= of_base) return of_donor - (of_base - height);
  const float length = kChest - of_donor, wanted = kChest - of_base;
  return kChest - (kChest - height) / std::min(most_stretch, wanted / length);
}

float Hem::End() const {
  const float length = kChest - of_donor, wanted = kChest - of_base;
  if (wanted <= most_stretch * length) return of_base;
  return kChest - most_stretch * std::max(0.0f, length - kHemBand);
}

float Hem::DrawnOut() const { return (of_donor - of_base) / (kChest - of_base); }

std::optional<Hem> DrawnOutHem(const people::Body& body, const std::vector<float>& worn,
                               const std::vector<float>& old) {
  const Hem hem{EndOnTrunk(body, worn, Hem::kChest), EndOnTrunk(body, old, Hem::kChest)};
  if (hem.of_base > hem.of_donor - kLeastMetres || hem.of_donor > Hem::kChest - kLeastLength) {
    return std::nullopt;
  }
  return hem;
}

std::vector<float> CoveredTo(const people::Body& body, const Hem& hem, std::vector<float> worn) {
  for (size_t v = 0; v < worn.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    if (!OnTrunk(a) || a.at.y > Hem::kChest) continue;
    worn[v] = Ramp(a.at.y, hem.of_base - kSoft, hem.of_base + kSoft);
  }
  return worn;
}

}  // namespace atelier::edit
