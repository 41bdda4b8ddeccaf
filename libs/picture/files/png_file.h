// A PNG file's structure: chunks of a length, four letters, a payload and a checksum.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "picture/files/stated_size.h"

namespace atelier {

bool IsPng(std::string_view bytes);

/// Nothing when the file ends before it states a size. REQUIRES: IsPng(bytes); so do the others.
std::optional<StatedSize> ReadPngSize(std::string_view bytes);

/// Whether the file goes on to its end, as its own structure tells.
bool IsWholePng(std::string_view bytes);

/// The file without its metadata, and with the same pixels.
/// What the pixels are decoded and shown by stays: critical chunks, transparency, colour space,
/// resolution, orientation; and the text `iuv_chart`, which IUV pictures need. Removed are all
/// other texts, times and EXIF data, unknown chunks, further frames, and what follows the end.
/// REQUIRES: IsWholePng(bytes).
std::string RemovePngMetadata(std::string_view bytes);

}  // namespace atelier
