// Parts of the body carried from one person's photograph to another's, in the base's own pose: an
// arm with its sleeve, the legs with what is worn on them, a hand.
//
// The parts are carried as a garment is (garment/garment.h), skin and cloth as one: every place of
// the base's parts takes the pixel that the donor's photograph shows of the same place, under the
// base's light. Where they meet the rest, skin passes softly into skin, and cloth ends at once.
#pragma once

#include "edit/garment/garment.h"
#include "edit/part/part_layers.h"
#include "edit/person/subject.h"

namespace atelier::edit {

struct PartOptions {
  PartContent content = PartContent::kAll;
  /// Whether the donor's skin takes the base's tone: of one person with another's arms. Else it
  /// keeps its own.
  bool in_base_tone = true;
};

/// `base` with the donor's `parts`. `measures`: null, or where they are written; nothing is drawn
/// out, and the edge's entropy is 0.
Edited SwapParts(const people::Body& body, const Subject& base, const Subject& donor, Parts parts,
                 const PartOptions& options, GarmentMeasures* measures = nullptr);

}  // namespace atelier::edit
