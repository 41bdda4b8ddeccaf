// A bare limb of the donor, which a limb of the base is to look like.
#pragma once

#include <optional>

#include "edit/limb/limb_axis.h"
#include "edit/limb/limb_range.h"
#include "edit/person/subject.h"

namespace atelier::edit {

struct DonorLimb {
  LimbAxis axis;
  LimbOutline skin;
  /// Whether its left is the base's right.
  bool is_flipped = false;
};

/// The limb of the same side, or the other one where that shows more of the range; nothing where
/// neither shows enough.
std::optional<DonorLimb> DonorLimbOf(const people::Body& body, const Person& base,
                                     const Subject& donor, const LimbRange& range);

}  // namespace atelier::edit
