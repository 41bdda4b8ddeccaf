// How thick shoes are. The outline of a foot is too small for MeasureClothes(), so that they have
// one thickness each pair.
#pragma once

#include "edit/person/subject.h"

namespace atelier::edit {

/// The person with shoes around their feet, as thick on the mean as the picture's shoes stand off
/// the body.
Person WithShoes(const people::Body& body, const Subject& subject);

}  // namespace atelier::edit
