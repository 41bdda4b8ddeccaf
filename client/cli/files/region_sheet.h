// The sheet of what can be swapped in a picture: the picture, and each region of it with its name.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace atelier::cli {

/// One region of the picture.
struct SheetRegion {
  /// One-channel PNG of the picture's size.
  std::string mask_png;
  /// Lines of text below it.
  std::vector<std::string> labels;
  /// R, G, B: a swatch beside the text.
  int red = 0;
  int green = 0;
  int blue = 0;
};

/// A PNG with a cell for the picture and one for each region, which stands out of the dimmed
/// picture. INVALID_ARGUMENT when a picture does not decode.
Result<std::string> MakeRegionSheet(const std::string& picture,
                                    const std::vector<SheetRegion>& regions);

}  // namespace atelier::cli
