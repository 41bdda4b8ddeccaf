// A photographed person's own pixels, brought to where a job paints them.
#pragma once

#include "detail/carried_picture.h"
#include "generation/conditions/conditions_cache.h"
#include "people/fit/body_fitter.h"

namespace atelier::generation {

struct DetailPlace {
  /// The source's body where it is painted, in pixels of the painting.
  people::FittedBody target;
  /// Of the painting.
  int height = 0;
  int width = 0;
  /// Pixels of the result for one of the painting, along each side.
  int scale = 1;
  /// Whether the source's own head is carried.
  bool with_head = true;
};

/// REQUIRES: `source` has a carry_source, of `fitter`'s body.
detail::CarriedPicture CarryDetail(const people::BodyFitter& fitter, const Conditions& source,
                                   const DetailPlace& place);

}  // namespace atelier::generation
