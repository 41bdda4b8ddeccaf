// A person's picture at the size that regions are cut at, and which colours a label has around a
// place: what a garment looks like here says more than what it looks like elsewhere.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "edit/pixels/colour_mixture.h"
#include "edit/pixels/parse_view.h"

namespace atelier::edit {

/// Float matrices of one size.
struct CutScene {
  /// Of the picture, what this shows: the person with a margin.
  cv::Rect box;
  /// CIELAB, L weighing less than hue.
  cv::Mat lab;
  double pixels_per_metre = 1;
  /// The person's mask, 0..1, as unsure as it is coarse.
  cv::Mat mask;
  /// 0..1: how near the body is. What is beside it is told apart by its colours alone.
  cv::Mat near_body;
  /// Of every component of the picture's colours: its density at a pixel, and, at a quarter of the
  /// size, how surely pixels are of it.
  std::array<cv::Mat, kColourCount> density, responsibility;

  cv::Size size() const { return lab.size(); }
  /// Whole pixels of a length, at least 1.
  int Pixels(double metres) const;
};

CutScene MakeCutScene(const ParseView& view, const Person& person);

/// Of a label, at every pixel.
struct LabelDensity {
  /// The logarithm of the density that the label's colours around have at the pixel's colour.
  cv::Mat log_density;
  /// 0..1: whether anything of the label is around.
  cv::Mat known;
};

/// `sure`: float, 0 or 1, where the label surely is. `anywhere`: the label has much the same
/// colours all over the person.
LabelDensity DensityAround(const CutScene& scene, const cv::Mat& sure, bool anywhere);

/// The same logarithm for the colours of `share` (0..1), wherever they are.
cv::Mat DensityOverall(const CutScene& scene, const cv::Mat& share);

}  // namespace atelier::edit
