// Where a garment ends along the limbs: one place for each, so that sleeves and trouser legs have
// clean ends although the mask that they were found with is ragged.
#pragma once

#include <vector>

#include "edit/limb/limb.h"
#include "edit/person/subject.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {

struct LimbCut {
  Limb limb = Limb::kArm;
  int side = 0;  // people::Side
  /// Attributes::arm or leg: the garment covers what is above.
  float at = 0;
};

/// The ends of a garment that covers `membership` (0..1, every vertex) of the body: 0 where a limb
/// is bare. Those that are unclear, and limbs that are covered as a whole, are left out.
std::vector<LimbCut> LimbCutsOf(const people::Body& body, const std::vector<float>& membership,
                                Limb limb);

/// `alpha` (float, the view's size) as the cuts say further than a few centimetres from them.
/// `known` (0..1): how surely `alpha` is known from a picture; where it is not, the cut itself is
/// the garment's edge. `sample_metres`: size of one sample on the body.
cv::Mat CutAtLimbs(const people::Body& body, const SurfaceView& view,
                   const std::vector<LimbCut>& cuts, const cv::Mat& known, double sample_metres,
                   const cv::Mat& alpha);

}  // namespace atelier::edit
