#include "edit/person/even_around.h"

#include <algorithm>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// The trunk, with the hips where they are the legs'.
bool OnTrunk(const people::Attributes& a) {
  constexpr float kHip = .25f;  // of the leg's parameter
  if (a.leg_weight >= .5f) return a.leg < kHip;
  return a.arm_weight < .5f && a.head_weight < .5f && a.neck_weight < .5f;
}

}  // namespace

std::vector<float> EvenAround(const people::Body& body, const std::vector<float>& membership,
                              float below) {
  constexpr float kBin = .02f, kLowest = -.2f;
  constexpr size_t kBins = 50;
  const auto bin_of = [](const people::Attributes& a) {
    return std::min(kBins - 1, static_cast<size_t>(std::max(0.0f, (a.at.y - kLowest) / kBin)));
  };
  std::vector<float> sum(kBins, 0), count(kBins, 0);
  for (const int v : body.skin_vertices()) {
    const people::Attributes& a = body.attributes()[static_cast<size_t>(v)];
    if (!OnTrunk(a) || a.at.z < 0) continue;
    sum[bin_of(a)] += membership[static_cast<size_t>(v)];
    count[bin_of(a)] += 1;
  }
  std::vector<float> out = membership;
  for (size_t v = 0; v < out.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    if (!OnTrunk(a) || a.at.y > below || count[bin_of(a)] == 0) continue;
    out[v] = Ramp(sum[bin_of(a)] / count[bin_of(a)], .3f, .5f);
  }
  return out;
}

}  // namespace atelier::edit
