// A photographed person's own pixels, brought to where a job paints them.
#pragma once

#include <memory>
#include <vector>

#include "detail/carried_picture.h"
#include "engine/texture/texture_map.h"
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

/// Photographs of one person, the first being the source. REQUIRES of the functions below: all have
/// a carry_source, of `fitter`'s body, and there is at least one.
using Photographs = std::vector<std::shared_ptr<const Conditions>>;

/// Their pixels; the person has the first one's clothes.
detail::CarriedPicture CarryDetail(const people::BodyFitter& fitter, const Photographs& photographs,
                                   const DetailPlace& place);

/// The texture map of the person ("atlas"): what the first one shows, then what the others show,
/// then what is likeliest for the rest.
engine::TextureMap CompleteTexture(const people::BodyFitter& fitter,
                                   const Photographs& photographs);

}  // namespace atelier::generation
