// Skirts and dresses, whose cloth hangs around both legs.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/subject.h"

namespace atelier::edit {

/// Sets the ClothPlaces() of `box` below the hips to those of a sheet around both legs, as wide in
/// every row as the skirt is there.
void LaySkirt(const people::Body& body, const Subject& subject, const cv::Rect& box,
              cv::Mat& places);

}  // namespace atelier::edit
