#include "edit/parse/waist_cut.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "edit/pixels/label_rows.h"

namespace atelier::edit {
namespace {

constexpr size_t kSkin = IndexOf(Label::kSkin), kHair = IndexOf(Label::kHair),
                 kUpper = IndexOf(Label::kUpper), kLower = IndexOf(Label::kLower);

// Heights in the mean shape, metres.
constexpr float kTop = .45f, kBottom = -.45f;
constexpr float kBinHeight = .01f;
constexpr int kBins = 90;
constexpr int kLeastPixels = 200;
/// What one pixel may say.
constexpr float kMostEvidence = 4;
/// Where hems usually are, and what a hem that far from there costs, in pixels' evidence.
constexpr float kUsualHem = .075f, kHemDeviation = .07f;
constexpr double kUsualWeight = 30;
/// How fast the hem's word grows with the distance from it (metres), and how far.
constexpr float kSlope = 75, kMostBias = 2.5f;

bool InZone(const BodyPlace& place) {
  return place.trunk_or_leg && place.height < kTop && place.height > kBottom;
}

/// Above the zone, too: collars may be the trousers' colour.
bool ObeysHem(const BodyPlace& place) {
  return place.arm < 0 && !place.hand && place.height > kBottom;
}

float HeightOfCut(int bin) { return kTop - static_cast<float>(bin) * kBinHeight; }

float LikeliestHem(const std::array<double, kBins>& evidence) {
  double all = 0;
  for (const double value : evidence) all += value;
  double above = 0, best = -1e30;
  int best_bin = 0;
  for (int bin = 0; bin <= kBins; ++bin) {
    if (bin > 0) above += evidence[static_cast<size_t>(bin - 1)];
    const auto off = static_cast<double>((HeightOfCut(bin) - kUsualHem) / kHemDeviation);
    const double gain = 2 * above - all - kUsualWeight * off * off;
    if (gain <= best) continue;
    best = gain;
    best_bin = bin;
  }
  return HeightOfCut(best_bin);
}

}  // namespace

void FavourWaist(const ParseView& view, const std::vector<LabelRow>& likelihoods,
                 std::vector<LabelRow>& scores) {
  std::array<double, kBins> evidence{};
  int pixels = 0;
  for (size_t i = 0; i < view.size(); ++i) {
    if (!InZone(*view.places[i])) continue;
    ++pixels;
    const LabelRow shares = Probabilities(scores[i]);
    const float cloth = 1 - shares[kSkin] - shares[kHair];
    const float apart =
        std::clamp(likelihoods[i][kUpper] - likelihoods[i][kLower], -kMostEvidence, kMostEvidence);
    const int bin = static_cast<int>((kTop - view.places[i]->height) / kBinHeight);
    evidence[static_cast<size_t>(std::clamp(bin, 0, kBins - 1))] +=
        static_cast<double>(apart * cloth);
  }
  if (pixels < kLeastPixels) return;
  const float hem = LikeliestHem(evidence);
  for (size_t i = 0; i < view.size(); ++i) {
    if (!ObeysHem(*view.places[i])) continue;
    const float off = view.places[i]->height - hem;
    scores[i][off > 0 ? kLower : kUpper] -= std::min(std::fabs(off) * kSlope, kMostBias);
  }
}

}  // namespace atelier::edit
