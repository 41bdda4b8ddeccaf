#include "edit/limb/limb_cut.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"

namespace atelier::edit {
namespace {

/// Metres of one unit of the arm's and the leg's parameter, about.
constexpr float kArmMetres = .25f, kLegMetres = .4f;
/// Metres: how far the true edge of a cloth may be from its cut.
constexpr float kPlay = .012f;
/// Of the limb's vertices that are on the right side of their cut.
constexpr float kClear = .75f;
constexpr float kHalfUpper = .5f;  // of the parameter
constexpr int kBins = 80;
constexpr float kLength = 2;  // of the parameter

/// The cut with most of the limb on its right side: covered above, bare below.
struct BestCut {
  float at = 0;
  float right_share = 0;
};

BestCut FindCut(const std::array<double, kBins>& excess, double total) {
  double below = 0;
  for (const double e : excess) below -= e;
  double best = below, sum = below;
  size_t best_bin = 0;
  for (size_t b = 0; b < excess.size(); ++b) {
    sum += 2 * excess[b];
    if (sum > best) {
      best = sum;
      best_bin = b + 1;
    }
  }
  return {kLength * static_cast<float>(best_bin) / kBins,
          static_cast<float>(best / std::max(total, 1e-9))};
}

}  // namespace

std::vector<LimbCut> LimbCutsOf(const people::Body& body, const std::vector<float>& membership,
                                Limb limb) {
  constexpr float kLast = 1.92f, kStrap = .25f;
  std::vector<LimbCut> cuts;
  for (const int side : {people::kLeft, people::kRight}) {
    std::array<double, kBins> excess{};
    double total = 0;
    for (const int v : body.skin_vertices()) {
      const people::Attributes& a = body.attributes()[static_cast<size_t>(v)];
      const float t = AlongLimb(a, limb);
      if (!IsOn(a, limb, side) || t < 0 || t >= kLength) continue;
      // Hands are skin, whatever the sleeve does.
      if (limb == Limb::kArm && t > kLast) continue;
      const double e = 2 * static_cast<double>(membership[static_cast<size_t>(v)]) - 1;
      excess[static_cast<size_t>(t / kLength * kBins)] += e;
      total += std::fabs(e);
    }
    const BestCut best = FindCut(excess, total);
    // What reaches the hand or the foot ends there, in no line of its own.
    if (best.right_share < kClear || best.at > kLast) continue;
    // Straps lie on the limb's first part, and leave the rest of it bare.
    cuts.push_back({limb, side, best.at < kStrap ? 0 : best.at});
  }
  return cuts;
}

cv::Mat CutAtLimbs(const people::Body& body, const SurfaceView& view,
                   const std::vector<LimbCut>& cuts, const cv::Mat& known, double sample_metres,
                   const cv::Mat& alpha) {
  cv::Mat out = alpha.clone();
  if (cuts.empty()) return out;
  const auto soft = static_cast<float>(std::max(sample_metres, .001));
  const cv::Mat covered = view.Covered() > .5;
  if (cv::countNonZero(covered) == 0) return out;
  // Beside the body the nearest limb decides: a garment may not go on along a bare one.
  const NearestPlace nearest = NearestOf(covered);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const cv::Vec2i& at = nearest.place.at<cv::Vec2i>(y, x);
      const people::Triangle* t = view.TriangleAt(at[1], at[0]);
      const people::Barycentric w = view.WeightsAt(at[1], at[0]);
      const auto corner = [&](size_t k) -> const people::Attributes& {
        return body.attributes()[static_cast<size_t>((*t)[k])];
      };
      const people::Attributes a = people::Interpolate(corner(0), corner(1), corner(2), w);
      for (const LimbCut& cut : cuts) {
        if (!IsOn(a, cut.limb, cut.side)) continue;
        const float metres =
            (cut.at - AlongLimb(a, cut.limb)) * (cut.limb == Limb::kArm ? kArmMetres : kLegMetres);
        // The first part of an arm may be bare beside a strap.
        if (cut.at < kHalfUpper && metres > kPlay) continue;
        float& value = out.at<float>(y, x);
        float covered = people::Ramp(metres, 2 * soft);
        const bool is_beside = at != cv::Vec2i(x, y);
        if (cut.at < kHalfUpper || is_beside) covered = std::min(covered, value);
        const float share = std::fabs(metres) > kPlay ? 0 : known.at<float>(y, x);
        value = value * share + covered * (1 - share);
      }
    }
  }
  return out;
}

}  // namespace atelier::edit
