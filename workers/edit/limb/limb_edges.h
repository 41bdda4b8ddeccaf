// The edges of a limb that a garment hides.
#pragma once

#include <optional>

#include "edit/limb/limb_axis.h"
#include "edit/limb/limb_outline.h"
#include "edit/limb/limb_range.h"

namespace atelier::edit {

/// The body's edges, at the scale of what is bare of the limb after the range, within the clothes',
/// and at the range's end those of what is bare. `clothes`, `bare`: OutlineOf() the garment with
/// the skin, and the skin. `end`: the hand's or foot's edges, where all of the limb was hidden.
LimbOutline HiddenEdges(const LimbAxis& axis, const LimbOutline& clothes, const LimbOutline& bare,
                        const LimbRange& range, const std::optional<EndEdges>& end);

}  // namespace atelier::edit
