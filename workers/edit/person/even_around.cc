#include "edit/person/even_around.h"

#include <algorithm>
#include <array>

#include "edit/person/mat_math.h"

namespace atelier::edit {
bool OnTrunk(const people::Attributes& a) {
  constexpr float kHip = .25f;  // of the leg's parameter
  if (a.leg_weight >= .5f) return a.leg < kHip;
  return a.arm_weight < .5f && a.head_weight < .5f && a.neck_weight < .5f;
}

namespace {

constexpr float kBin = .02f, kLowest = -.2f;
constexpr size_t kBins = 50;

size_t BinOf(const people::Attributes& a) {
  return std::min(kBins - 1, static_cast<size_t>(std::max(0.0f, (a.at.y - kLowest) / kBin)));
}

/// Of the trunk's front, by height.
struct FrontCover {
  std::array<float, kBins> mean{};
  std::array<bool, kBins> known{};
};

FrontCover CoverOf(const people::Body& body, const std::vector<float>& membership) {
  FrontCover cover;
  std::array<float, kBins> count{};
  for (const int v : body.skin_vertices()) {
    const people::Attributes& a = body.attributes()[static_cast<size_t>(v)];
    if (!OnTrunk(a) || a.at.z < 0) continue;
    cover.mean[BinOf(a)] += membership[static_cast<size_t>(v)];
    count[BinOf(a)] += 1;
  }
  for (size_t bin = 0; bin < kBins; ++bin) {
    cover.known[bin] = count[bin] > 0;
    if (cover.known[bin]) cover.mean[bin] /= count[bin];
  }
  return cover;
}

}  // namespace

std::vector<float> EvenAround(const people::Body& body, const std::vector<float>& membership,
                              float below) {
  const FrontCover cover = CoverOf(body, membership);
  std::vector<float> out = membership;
  for (size_t v = 0; v < out.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    if (!OnTrunk(a) || a.at.y > below || !cover.known[BinOf(a)]) continue;
    out[v] = Ramp(cover.mean[BinOf(a)], .3f, .5f);
  }
  return out;
}

float EndOnTrunk(const people::Body& body, const std::vector<float>& membership, float above) {
  const FrontCover cover = CoverOf(body, membership);
  float covered = 0;
  for (size_t bin = 0; bin < kBins; ++bin) {
    const float height = kLowest + kBin * (static_cast<float>(bin) + .5f);
    if (height < above && cover.known[bin]) covered += kBin * Ramp(cover.mean[bin], .2f, .8f);
  }
  return above - covered;
}

}  // namespace atelier::edit
