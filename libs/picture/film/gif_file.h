// What a GIF's blocks say of its pictures, read from bytes that may be hostile.
#pragma once

#include <optional>
#include <string_view>

#include "picture/film/film_header.h"

namespace atelier {

bool IsGif(std::string_view bytes);

/// Nothing when the file ends before its trailer. REQUIRES: IsGif(bytes).
std::optional<FilmHeader> ReadGifHeader(std::string_view bytes);

}  // namespace atelier
