// What a picture file states of its size, before any limit is checked.
#pragma once

#include <cstdint>

namespace atelier {

/// The sides of the pixels as they are stored, and the EXIF orientation (1 to 8) by which they are
/// turned to be shown.
struct StatedSize {
  int64_t height = 0;
  int64_t width = 0;
  int orientation = 1;
};

}  // namespace atelier
