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

/// Whether the view shows enough of the limb; sets its end.
bool FindEnd(const ParseView& view, const std::vector<LabelRow>& likelihoods, LimbEnd& limb) {
  std::array<double, kBins> evidence{};
  int pixels = 0;
  for (size_t i = 0; i < view.size(); ++i) {
    const float at = PlaceOn(limb, *view.places[i]);
    if (at < 0) continue;
    ++pixels;
    const float apart = likelihoods[i][IndexOf(limb.cloth)] - likelihoods[i][kSkin];
    const int bin = std::clamp(static_cast<int>(at * kBinsPerSegment), 0, kBins - 1);
    evidence[static_cast<size_t>(bin)] +=
        static_cast<double>(std::clamp(apart, -kMostEvidence, kMostEvidence));
  }
  if (pixels < kLeastPixels) return false;
  // The gain of an end before each bin: evidence for cloth above it, against cloth below it.
  double all = 0;
  for (const double value : evidence) all += value;
  double above = 0, best = -all;
  int best_bin = 0;
  for (int bin = 1; bin <= kBins; ++bin) {
    above += evidence[static_cast<size_t>(bin - 1)];
    if (2 * above - all <= best) continue;
    best = 2 * above - all;
    best_bin = bin;
  }
  limb.at = std::min(2.0, static_cast<double>(best_bin) / static_cast<double>(kBinsPerSegment));
  limb.gain = (best - std::fabs(all)) / pixels;
  return true;
}

}  // namespace

std::vector<LimbEnd> FindLimbEnds(const ParseView& view, const std::vector<LabelRow>& likelihoods) {
  std::vector<LimbEnd> ends;
  for (const Label cloth : {Label::kUpper, Label::kLower}) {
    for (const int side : {people::kLeft, people::kRight}) {
      LimbEnd limb{.cloth = cloth, .side = side};
      if (FindEnd(view, likelihoods, limb)) ends.push_back(limb);
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
