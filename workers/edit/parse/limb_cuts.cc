#include "edit/parse/limb_cuts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace atelier::edit {
namespace {

constexpr size_t kSkin = IndexOf(Label::kSkin), kLower = IndexOf(Label::kLower);

constexpr int kBins = 41;
constexpr float kBinsPerSegment = 20;
/// Pixels: a limb that shows less has no end.
constexpr int kLeastPixels = 80;
/// What one limb's pixels say of the other's end: sleeves are mostly alike.
constexpr double kTwinShare = .6;
/// What one pixel may say.
constexpr float kMostEvidence = 4;
/// How fast an end's word grows with the distance from it (segments), and how far.
constexpr float kSlope = 12, kMostBias = 3;
constexpr float kNoTrousersOnArms = 2;

/// Along the limb that `end` is on; -1 elsewhere.
float PlaceOn(const LimbEnd& limb, const BodyPlace& place) {
  if (place.side != limb.side) return -1;
  return limb.cloth == Label::kUpper ? place.arm : place.leg;
}

/// What a limb's pixels say for cloth (positive) or skin, from its beginning to its end.
struct Evidence {
  std::array<double, kBins> bins{};
  int pixels = 0;
};

Evidence Gather(const ParseView& view, const std::vector<LabelRow>& likelihoods,
                const LimbEnd& limb) {
  Evidence evidence;
  for (size_t i = 0; i < view.size(); ++i) {
    const float at = PlaceOn(limb, *view.places[i]);
    if (at < 0) continue;
    ++evidence.pixels;
    const float apart = likelihoods[i][IndexOf(limb.cloth)] - likelihoods[i][kSkin];
    const int bin = std::clamp(static_cast<int>(at * kBinsPerSegment), 0, kBins - 1);
    evidence.bins[static_cast<size_t>(bin)] +=
        static_cast<double>(std::clamp(apart, -kMostEvidence, kMostEvidence));
  }
  return evidence;
}

/// The likeliest end: evidence for cloth before it, against cloth after it.
void SetEnd(const Evidence& own, const Evidence& twin, LimbEnd& limb) {
  std::array<double, kBins> bins = own.bins;
  const double twin_share = twin.pixels >= kLeastPixels ? kTwinShare : 0;
  double all = 0;
  for (size_t bin = 0; bin < bins.size(); ++bin) {
    bins[bin] += twin_share * twin.bins[bin];
    all += bins[bin];
  }
  double before = 0, best = -all;
  int best_bin = 0;
  for (int bin = 1; bin <= kBins; ++bin) {
    before += bins[static_cast<size_t>(bin - 1)];
    if (2 * before - all <= best) continue;
    best = 2 * before - all;
    best_bin = bin;
  }
  // What is covered as far as it is seen is covered to its end.
  if (best <= all) best_bin = kBins;
  limb.at = std::min(2.0, static_cast<double>(best_bin) / static_cast<double>(kBinsPerSegment));
  limb.gain = (best - std::fabs(all)) / (own.pixels + twin_share * twin.pixels);
}

}  // namespace

std::vector<LimbEnd> FindLimbEnds(const ParseView& view, const std::vector<LabelRow>& likelihoods) {
  std::vector<LimbEnd> ends;
  for (const Label cloth : {Label::kUpper, Label::kLower}) {
    std::array<LimbEnd, 2> limbs;
    std::array<Evidence, 2> evidence;
    for (size_t side = 0; side < 2; ++side) {
      limbs[side] = {.cloth = cloth, .side = static_cast<int>(side)};
      evidence[side] = Gather(view, likelihoods, limbs[side]);
    }
    for (size_t side = 0; side < 2; ++side) {
      if (evidence[side].pixels < kLeastPixels) continue;
      SetEnd(evidence[side], evidence[1 - side], limbs[side]);
      ends.push_back(limbs[side]);
    }
  }
  return ends;
}

void FavourLimbEnds(const ParseView& view, const std::vector<LimbEnd>& ends,
                    std::vector<LabelRow>& scores) {
  for (const LimbEnd& end : ends) {
    for (size_t i = 0; i < view.size(); ++i) {
      const float at = PlaceOn(end, *view.places[i]);
      if (at < 0) continue;
      const float off = at - static_cast<float>(end.at);
      const float bias = std::min(std::fabs(off) * kSlope, kMostBias);
      scores[i][off < 0 ? IndexOf(end.cloth) : kSkin] += bias;
      if (end.cloth == Label::kUpper) scores[i][kLower] -= kNoTrousersOnArms;
    }
  }
}

}  // namespace atelier::edit
