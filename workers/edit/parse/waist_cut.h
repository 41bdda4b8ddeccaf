// Where the top ends over trousers or skirt: one likeliest height of the body.
#pragma once

#include <vector>

#include "edit/pixels/parse_view.h"

namespace atelier::edit {

/// Takes from the scores of all pixels but those of arms what the likeliest hem makes unlikelier:
/// lower garments above it and, down to the knees, upper ones below it. Changes nothing where the
/// view shows too little of them. `likelihoods`: logarithms, of every pixel.
void FavourWaist(const ParseView& view, const std::vector<LabelRow>& likelihoods,
                 std::vector<LabelRow>& scores);

}  // namespace atelier::edit
