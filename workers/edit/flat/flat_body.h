// A body under a garment that lies flat: its front spread over the garment's picture.
//
// Cloth that lies flat shows half of its girth, where cloth that is worn shows half of a round
// body. So the body is laid flat, too: around the body the distance along the skin becomes the
// distance in the picture, and all of the front is seen squarely.
#pragma once

#include <opencv2/core.hpp>

#include "edit/flat/garment_shape.h"
#include "people/body/body.h"
#include "people/pose/posed_body.h"

namespace atelier::edit {

/// The body under a top: its torso under the garment's body, its arms along the sleeves, the rest
/// where it would be. In the picture's pixels.
people::PosedBody LayUnderTop(const people::Body& body, const TopShape& shape);

/// The same under trousers, shorts or a skirt.
people::PosedBody LayUnderLower(const people::Body& body, const LowerShape& shape);

}  // namespace atelier::edit
