// Where a region is in a person's picture.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/person.h"
#include "edit/person/regions.h"
#include "edit/region/region.h"

namespace atelier::edit {

/// Bytes of the picture's size: the part of the body that a pixel shows or, for pixels of the
/// person off the body (hair, wide clothes), the nearest one; 0 off the person.
cv::Mat PartsOf(const people::Body& body, const Person& person);

/// Float, 0..1, of the picture's size. `parts`: PartsOf() the person.
cv::Mat MaskOf(const people::Body& body, const Person& person, const Regions& regions,
               const cv::Mat& parts, Region region);

/// Pixels that are of a region rather than not: a faint trace of a region everywhere is none.
int SurePixels(const cv::Mat& mask);

/// The share of the region's surface that the picture shows, 0..1; 1 for what has no surface of its
/// own: hair, shoes and the background.
double VisibilityOf(const people::Body& body, const Person& person, const Regions& regions,
                    Region region);

}  // namespace atelier::edit
