// What an MP4's boxes say of its pictures, read from bytes that may be hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "picture/film/film_header.h"

namespace atelier {

bool IsMp4(std::string_view bytes);

/// Nothing without a track of pictures. REQUIRES: IsMp4(bytes); so does the other.
std::optional<FilmHeader> ReadMp4Header(std::string_view bytes);

/// `udta` and `meta` of the film and its tracks become `free` boxes of zeros.
std::string RemoveMp4Metadata(std::string_view bytes);

}  // namespace atelier
