// The parts of a garment in its picture, from its outline: neck, shoulders, sleeves; waist, legs.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <vector>

namespace atelier::edit {

/// What is left and right of a middle in one row of the picture, pixels. `half_width` 0: nothing.
struct RowSpan {
  float middle = 0;
  float half_width = 0;
};

/// A tube of cloth: the middle of it and half its width, from where it begins to its end.
struct ClothTube {
  struct Station {
    cv::Point2f middle;
    float half_width = 0;
  };
  /// One every `step` pixels along the middle; empty: there is no such tube.
  std::vector<Station> stations;
  float step = 1;

  bool empty() const { return stations.empty(); }
  float length() const { return step * static_cast<float>(stations.size()); }
};

/// Index 0 of every pair is the side that the wearer has left, the picture's right.
struct TopShape {
  /// Pixels of the picture for a metre on the wearer.
  float pixels_per_metre = 1;
  /// Row of the points beside the neck, and of the armpits.
  float neck_row = 0, armpit_row = 0, hem_row = 0;
  std::array<cv::Point2f, 2> neck, shoulder, armpit;
  /// Of every row of the picture: the body of the garment, without its sleeves.
  std::vector<RowSpan> rows;
  std::array<ClothTube, 2> sleeves;
};

/// `mask`: float, 0..1, of a garment that hangs or lies upright.
TopShape MeasureTop(const cv::Mat& mask);

struct LowerShape {
  float pixels_per_metre = 1;
  float waist_row = 0, hem_row = 0;
  /// Where the legs part; the hem's row for skirts.
  float crotch_row = 0;
  bool has_legs = false;
  /// Of every row: all of it, and each leg below the crotch.
  std::vector<RowSpan> rows;
  std::array<std::vector<RowSpan>, 2> legs;
};

LowerShape MeasureLower(const cv::Mat& mask);

}  // namespace atelier::edit
