// A person at the size that regions are told apart in, and the body's place of each of their
// pixels.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <vector>

#include "edit/person/person.h"
#include "edit/person/regions.h"
#include "edit/pixels/body_places.h"
#include "edit/pixels/label_rows.h"

namespace atelier::edit {

struct ParseView {
  /// Float, three channels: CIELAB, L weighing less than hue.
  cv::Mat lab;
  /// Bytes: 255 = the person.
  cv::Mat person;
  /// Pixels of this view to one of the picture.
  double scale = 1;

  // Of the person's pixels, row by row.
  std::vector<cv::Point> pixels;
  std::vector<cv::Vec3f> colours;
  /// The place of the body that is nearest in the view.
  std::vector<const BodyPlace*> places;
  /// Metres to the clothed body's outline; 0 on the body.
  std::vector<float> outside;

  size_t size() const { return pixels.size(); }
};

/// `surface_places`: SurfacePlaces() of the body.
ParseView MakeParseView(const people::Body& body, const Person& person,
                        const std::vector<BodyPlace>& places,
                        const std::vector<int>& surface_places);

/// One matrix for every label, float, 0 where the person is not. `rows`: of the view's pixels.
std::array<cv::Mat, kLabelCount> MatricesOf(const ParseView& view,
                                            const std::vector<LabelRow>& rows);
/// The other way round.
std::vector<LabelRow> RowsOf(const ParseView& view,
                             const std::array<cv::Mat, kLabelCount>& matrices);

}  // namespace atelier::edit
