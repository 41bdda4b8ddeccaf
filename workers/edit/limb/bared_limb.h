// An arm or a leg that a garment covered and that is bare after a swap: where its edges are, and
// where the donor's picture shows the same place.
//
// Its edges are the body's, within those of the sleeve that is seen, and go on into what is bare of
// it already; its light and shade are those of the donor's limb from edge to edge.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "edit/limb/limb_range.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// A sleeve that ends above this has none worth the name; legs of trousers have no such least.
inline constexpr double kLeastSleeve = .12;
/// Ends of clothes along a limb that differ by less, of its parameter, are the same: about 6 cm.
inline constexpr double SameEndOf(Label cloth) { return cloth == Label::kUpper ? .24 : .15; }

/// The parts of limbs that `base`'s garment covered and `donor`'s does not. `bodies_unsure`: as
/// SwapInput's; where bodies are fitted, ends that are the same bare nothing.
std::vector<LimbRange> BaredRanges(const Regions& base, const Regions& donor, Label cloth,
                                   float bodies_unsure);

/// Float matrices of the size of a box in the base's picture.
struct BaredLimbs {
  /// 0..1: how much of a pixel is a bared limb; and how much of it is not the new garment, which
  /// ends about where the limb begins.
  cv::Mat alpha, clear;
  /// -1..1 from edge to edge.
  cv::Mat across;
  /// The place in the donor's picture (cv::remap); and 0..1, whether it shows skin there.
  cv::Mat x, y, known;
  /// Of every vertex, 0..1: whether it is of what these limbs stand for.
  std::vector<float> vertices;
};

/// `clothes`: the base's old garment with its skin, the picture's size. Limbs that point at the
/// camera are left out.
BaredLimbs BareLimbs(const people::Body& body, const Subject& base, const Subject& donor,
                     const cv::Mat& clothes, const std::vector<LimbRange>& ranges,
                     const cv::Rect& box);

}  // namespace atelier::edit
