// A person's pixels carried from a photograph to the size and place of a painting.
#pragma once

#include "base/image.h"
#include "people/carry/carry.h"

namespace atelier::detail {

struct CarriedPicture {
  /// RGB, of the map's size; black where nothing was carried.
  Image colours;
  /// One channel: 255 = the photograph's pixel, 0 = none was seen well enough; soft between.
  Image weight;
  /// One channel: 255 where the person's body and clothes are.
  Image person;

  /// The share of the person whose pixels are the photograph's, 0..1; 0 without a person.
  double SeenShare() const;
};

/// `photograph`: RGB, of the aspect that the map's places are in and any size; `map_width` is the
/// width of the picture that those places are pixels of. Where the painting shows a place smaller
/// than the photograph did, its pixels are averaged. `scale`: pixels of the map for one of the
/// painting, along each side.
CarriedPicture CarryPicture(const Image& photograph, int map_width, const people::CarryMap& map,
                            int scale);

}  // namespace atelier::detail
