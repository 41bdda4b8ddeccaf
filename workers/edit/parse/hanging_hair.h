// Hair that hangs from the head over shoulders, chest and back.
#pragma once

#include <vector>

#include "edit/pixels/parse_view.h"

namespace atelier::edit {

/// Adds to the hair's scores of pixels below the head whose colour is rather hair's than any other
/// label's and that are joined to the head's hair by such pixels. The prior alone hardly expects
/// hair there: most people's is short. `likelihoods`: logarithms, of every pixel.
void FavourHangingHair(const ParseView& view, const std::vector<LabelRow>& likelihoods,
                       std::vector<LabelRow>& scores);

}  // namespace atelier::edit
