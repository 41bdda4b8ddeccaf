// A garment's outline at a size at which its parts are measured.
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "edit/flat/garment_shape.h"

namespace atelier::edit {

/// The garment, about 256 cells high, with empty cells around it.
struct GarmentGrid {
  /// Bytes, 255 = the garment.
  cv::Mat inside;
  /// Cells of the grid for a pixel of the picture, and the pixel that cell (0, 0) begins at.
  float scale = 1;
  cv::Point2f origin;

  cv::Point2f ToPicture(cv::Point2f cell) const {
    return (cell + cv::Point2f(.5f, .5f)) / scale + origin;
  }
  /// First and last row of the garment.
  int top = 0, bottom = 0;
  int height() const { return bottom - top + 1; }
};

/// REQUIRES: some of `mask` is above one half.
GarmentGrid GridOf(const cv::Mat& mask);

/// Cells from `first` to `last`; last < first: none.
struct Run {
  int first = 0, last = -1;
  int width() const { return last - first + 1; }
  float middle() const { return static_cast<float>(first + last) / 2; }
};

std::vector<Run> RunsOf(const cv::Mat& inside, int row);
/// The run of `row` that holds the column, or is nearest to it.
Run RunAt(const cv::Mat& inside, int row, int column);

/// Cells within the garment's convex hull that are not the garment: notches such as between sleeve
/// and side, or between the legs.
struct Notch {
  std::vector<cv::Point> cells;
  cv::Rect box;
};
std::vector<Notch> NotchesOf(const GarmentGrid& grid, double least_share);

/// First row of the garment in a column; nothing where there is none.
std::optional<int> TopOf(const cv::Mat& inside, int column);

/// The tube of cloth beyond the line from `from` to `to`, on the side away from `body`.
ClothTube TubeBeyond(const GarmentGrid& grid, cv::Point from, cv::Point to, cv::Point body);

}  // namespace atelier::edit
