// What a film's file says of itself, read without decoding: the gate that films from outside pass
// before anything is stored. Decoding checks the same limits again (workers/film), as headers need
// not tell everything, or the truth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace atelier {

enum class FilmContainer { kMp4, kWebm, kGif };

/// For messages.
inline constexpr std::string_view kFilmContainers = "MP4, WebM or GIF";

/// What the file tells; 0 or nothing where it does not.
struct FilmHeader {
  FilmContainer container = FilmContainer::kMp4;
  int height = 0;
  int width = 0;
  double seconds = 0;
  std::optional<int64_t> frames = std::nullopt;
};

/// Limits of the public API on a film that poses are read from.
inline constexpr int64_t kMaxFilmBytes = 32 << 20;
inline constexpr double kMaxFilmSeconds = 120;
inline constexpr int kMinFilmSide = 16;
inline constexpr int kMaxFilmSide = 4096;
/// Of a frame: 4096 x 2304.
inline constexpr int64_t kMaxFilmPixels = 9'437'184;
inline constexpr double kMaxFilmRate = 120;

/// Container by its first bytes; nothing for anything else.
std::optional<FilmContainer> RecogniseFilm(std::string_view bytes);

/// "video/mp4", "video/webm" or "image/gif".
std::string_view ContentTypeOf(FilmContainer container);

/// INVALID_ARGUMENT naming `field` when the bytes are none of the containers, end before what they
/// tell of the film, are more than kMaxFilmBytes, or tell something that breaks a limit above. Of a
/// WebM file the container alone is read.
Result<FilmHeader> ReadFilmHeader(std::string_view bytes, std::string_view field);

/// The limits above on what is known of a film, what is not known left out.
Status CheckFilmLimits(const FilmHeader& header, std::string_view field);

/// An MP4 without what says where, when and with what it was taken: its boxes `udta` and `meta`,
/// which are blanked in place. Other files stay as they are.
std::string RemoveFilmMetadata(std::string_view bytes);

}  // namespace atelier
