// A garment carried from one person's photograph to another's, in the base's own pose.
//
// Nothing is painted: every place of the base's body where the garment will be looks up the same
// place of the donor's body, and takes the pixel that the donor's photograph shows there, under the
// base's light. Places that it does not show take the other side of the body, and else continue
// what is around. Where the old garment was and the new one is not, the base's skin, other garment
// or wall is continued.
#pragma once

#include <vector>

#include "edit/person/subject.h"

namespace atelier::edit {

enum class Garment { kUpper, kLower, kShoes, kOutfit, kBelow };

/// What of a person a garment is; kOutfit: everything worn; kBelow: that on legs and
/// feet.
std::vector<Label> LabelsOf(Garment garment);

/// How far a swap can be trusted; shares are 0..1.
struct GarmentMeasures {
  /// Of the new garment in the picture: what the donor's picture does not show.
  double unseen = 0;
  /// Of that, what the other side of the donor's body does not show either.
  double guessed = 0;
  /// Of the old garment: what the new one leaves uncovered.
  double erased = 0;
  /// Of the new top below the chest: what was drawn out to reach to where the old one ended
  /// (hem.h).
  double drawn_out = 0;
  /// The largest border_entropy of the donor's regions (regions.h) among the garment's: 0 where the
  /// border is sure, 1 where it is not known at all.
  double edge_entropy = 0;
};

/// `base` wearing `donor`'s garment. `measures`: null, or where they are written.
Edited SwapGarment(const people::Body& body, const Subject& base, const Subject& donor,
                   Garment which, GarmentMeasures* measures = nullptr);

}  // namespace atelier::edit
