// What is refused: an edit that bares what no picture showed bare.
#pragma once

#include <span>

#include "base/result.h"
#include "edit/apply_swaps.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// Share of a zone's pixels that an edit may bare, by mistakes of the parser.
inline constexpr double kMostBared = .05;

/// FAILED_PRECONDITION (NUDITY_RISK) naming the zone when `after` shows bare skin on more than
/// kMostBared of the pixels of chest or hips that `base` and every person of `steps` cover.
Status CheckNudity(const people::Body& body, const Subject& base, std::span<const SwapStep> steps,
                   const Subject& after);

}  // namespace atelier::edit
