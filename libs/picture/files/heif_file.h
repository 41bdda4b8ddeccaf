// A HEIC file's structure: boxes of a length, four letters and a payload, which hold items with
// properties (ISO/IEC 14496-12 and 23008-12). Only HEVC-coded pictures are taken, alone or as tiles
// of a grid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "picture/files/stated_size.h"

namespace atelier {

bool IsHeif(std::string_view bytes);

/// Nothing when the file does not state a size, or not one that can be read. The orientation is 1:
/// a HEIC file's rotation is applied already, as decoders do. REQUIRES: IsHeif(bytes); so do the
/// others.
std::optional<StatedSize> ReadHeifSize(std::string_view bytes);

/// Whether all that the picture is decoded from is there, and codes no larger
/// pictures than it states, each of `max_pixels` at most.
bool IsWholeHeif(std::string_view bytes, int64_t max_pixels);

/// The file without its metadata, and with the same pixels.
/// The picture itself, its transparency and the properties that it is decoded and shown by stay.
/// Every other byte becomes zero in its place, since positions in the file count: EXIF and XMP,
/// thumbnails, depth maps, other pictures and films. What follows the last box that is needed is
/// removed.
/// REQUIRES: IsWholeHeif(bytes, ...).
std::string RemoveHeifMetadata(std::string_view bytes);

}  // namespace atelier
