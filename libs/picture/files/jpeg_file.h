// A JPEG file's structure: segments of a marker, a length and a payload, and entropy-coded data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "picture/files/stated_size.h"

namespace atelier {

bool IsJpeg(std::string_view bytes);

/// Nothing when the file ends before it states a size. REQUIRES: IsJpeg(bytes); so do the others.
std::optional<StatedSize> ReadJpegSize(std::string_view bytes);

/// Whether the file goes on to its end, as its own structure tells.
bool IsWholeJpeg(std::string_view bytes);

/// The file without its metadata, and with the same pixels.
/// The JFIF header, the colour profile, Adobe's colour transform and the orientation stay, and
/// whatever the pixels are decoded by. Removed are every other application segment, comments, and
/// what follows the end: further pictures, depth maps, films.
/// REQUIRES: IsWholeJpeg(bytes).
std::string RemoveJpegMetadata(std::string_view bytes);

}  // namespace atelier
