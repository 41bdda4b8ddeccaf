// The same thing in another colour.
#pragma once

#include <opencv2/core.hpp>
#include <span>

#include "edit/person/subject.h"

namespace atelier::edit {

/// What `labels` are of `base` in the colour `rgb` (sRGB, 0..255), each with its own folds, shades
/// and print: its median takes the colour. What is too dark to show folds is shaded by the light on
/// the person. Unchanged where the base has none of the labels.
Edited Recolour(const people::Body& body, const Subject& base, std::span<const Label> labels,
                const cv::Vec3f& rgb);

}  // namespace atelier::edit
