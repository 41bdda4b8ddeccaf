// A WebP file's structure: RIFF chunks of four letters, a length and a payload (RFC 9649).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "picture/files/stated_size.h"

namespace atelier {

bool IsWebp(std::string_view bytes);

/// Nothing when the file ends before it states a size. REQUIRES: IsWebp(bytes); so do the others.
std::optional<StatedSize> ReadWebpSize(std::string_view bytes);

/// Whether the file goes on to its end, as its own structure tells.
bool IsWholeWebp(std::string_view bytes);

/// The file without its metadata, and with the same pixels.
/// Pixels, transparency, colour profile and orientation stay, and of an animation its first frame.
/// Removed are EXIF, XMP and unknown chunks, and what follows the end.
/// REQUIRES: IsWholeWebp(bytes).
std::string RemoveWebpMetadata(std::string_view bytes);

}  // namespace atelier
