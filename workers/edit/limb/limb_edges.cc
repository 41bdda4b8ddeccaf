#include "edit/limb/limb_edges.h"

#include <algorithm>
#include <vector>

#include "edit/limb/limb_outline.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// How much wider or narrower the limb is than the body's, by what is bare of it after the range.
float ScaleOf(const LimbAxis& axis, const LimbOutline& bare, const LimbRange& range) {
  constexpr float kLeast = .8f, kMost = 1.25f;
  std::vector<float> scales;
  for (int k = 0; k < kLimbStations; ++k) {
    if (LimbAxis::AlongOf(k) <= range.to || !bare.Seen(k)) continue;
    scales.push_back(bare.Width(k) / std::max(1.0f, axis.body().Width(k)));
  }
  return std::clamp(MedianOf(scales, 1), kLeast, kMost);
}

}  // namespace

LimbOutline HiddenEdges(const LimbAxis& axis, const LimbOutline& clothes, const LimbOutline& bare,
                        const LimbRange& range, const std::optional<EndEdges>& end) {
  constexpr float kJoin = .3f, kBeyond = .25f;  // of the parameter
  constexpr float kTight = .9f;
  const float scale = ScaleOf(axis, bare, range);
  LimbOutline out;
  for (int station = 0; station < kLimbStations; ++station) {
    const auto k = static_cast<size_t>(station);
    float& right = out.right.across[k];
    float& left = out.left.across[k];
    right = scale * axis.body().right.across[k];
    left = scale * axis.body().left.across[k];
    const float inner = clothes.right.seen[k] ? std::max(0.0f, clothes.right.across[k] - right) : 0;
    const float outer = clothes.left.seen[k] ? std::max(0.0f, left - clothes.left.across[k]) : 0;
    // A sleeve that is hardly wider than the limb is its outline.
    if (clothes.Seen(station) && left - right > kTight * clothes.Width(station)) {
      right = clothes.right.across[k];
      left = clothes.left.across[k];
      continue;
    }
    right += inner - outer;
    left += inner - outer;
  }
  // The limb goes on into what of it was bare.
  const auto join = [&](const LimbEdge& seen, std::optional<float> at_end, LimbEdge& edge) {
    std::vector<float> beyond;
    for (int station = 0; station < kLimbStations; ++station) {
      const float along = LimbAxis::AlongOf(station);
      if (along < range.to + .02f || along > range.to + kBeyond || !bare.Seen(station)) continue;
      beyond.push_back(seen.across[static_cast<size_t>(station)]);
    }
    if (beyond.empty() && !at_end) return;
    const float there = beyond.empty() ? *at_end : MedianOf(beyond, 0);
    for (int station = 0; station < kLimbStations; ++station) {
      float& across = edge.across[static_cast<size_t>(station)];
      const float share = Ramp(LimbAxis::AlongOf(station), range.to - kJoin, range.to);
      across = across * (1 - share) + share * there;
    }
  };
  out = {Smoothed(out.right), Smoothed(out.left)};
  join(bare.right, end ? std::optional(end->right) : std::nullopt, out.right);
  join(bare.left, end ? std::optional(end->left) : std::nullopt, out.left);
  return out;
}

}  // namespace atelier::edit
