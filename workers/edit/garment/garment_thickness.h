// How far garments stand off the body beyond what the smooth clothes of a Person say: shoes, whose
// outline is too small for MeasureClothes(), and loose cloth.
#pragma once

#include <vector>

#include "edit/person/subject.h"

namespace atelier::edit {

/// The person with each garment of `labels` as thick as its outline in the picture is on the mean.
Person WithMeanThickness(const people::Body& body, const Subject& subject,
                         const std::vector<Label>& labels);

}  // namespace atelier::edit
