// Where sleeves and trouser legs end: one likeliest cut between cloth and skin along each limb.
#pragma once

#include <vector>

#include "edit/pixels/parse_view.h"

namespace atelier::edit {

/// The likeliest ends of limbs of which the view shows enough. `likelihoods`: logarithms, of every
/// pixel.
std::vector<LimbEnd> FindLimbEnds(const ParseView& view, const std::vector<LabelRow>& likelihoods);

/// Adds to the scores of each limb's pixels what its end makes likelier: cloth before it, skin
/// after it, and no trousers on arms.
void FavourLimbEnds(const ParseView& view, const std::vector<LimbEnd>& ends,
                    std::vector<LabelRow>& scores);

}  // namespace atelier::edit
