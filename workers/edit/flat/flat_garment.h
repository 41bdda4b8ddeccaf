// A garment alone in a picture as a donor: a body that lies flat under it.
#pragma once

#include "base/result.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// The garment in `picture` (RGB), laid flat or on a form that does not show, on an even
/// background, upright, its front to the camera. `label`: kUpper, or kLower; what the garment is
/// taken for. The subject wears it and nothing else; its face, skin and hair are not seen. Errors
/// as FindGarment().
Result<Subject> ReadFlatGarment(const people::Body& body, Image picture, Label label);

/// Lights what ReadFlatGarment() returned evenly, and as brightly as `base`'s label is lit in the
/// mean: so the garment keeps its colour on the base and takes its shade. Call it before a swap.
void LightAs(const people::Body& body, const Subject& base, Label label, Subject& garment);

}  // namespace atelier::edit
