// The regions that a rendering truly shows.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "edit/person/regions.h"
#include "people/render/render.h"

namespace atelier::edit {

/// Float, 0 or 1, the rendering's size, in the order of Label.
std::array<cv::Mat, kLabelCount> TrueMasks(const people::Rendering& rendering);

}  // namespace atelier::edit
