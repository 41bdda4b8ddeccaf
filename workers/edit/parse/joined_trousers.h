// Trousers and skirts up to their waistband, and hips that the fitted body covers with an arm.
#pragma once

#include <vector>

#include "edit/pixels/parse_view.h"

namespace atelier::edit {

/// Adds to the lower garment's scores of pixels whose colour is rather its than any other label's
/// and that are joined to the legs by such pixels. The prior hardly expects trousers as high as a
/// waistband may be, nor where the fitted body has an arm. Changes nothing on sleeves, which end
/// where `ends` says. `likelihoods`: logarithms, of every pixel.
void FavourJoinedTrousers(const ParseView& view, const std::vector<LimbEnd>& ends,
                          const std::vector<LabelRow>& likelihoods, std::vector<LabelRow>& scores);

}  // namespace atelier::edit
