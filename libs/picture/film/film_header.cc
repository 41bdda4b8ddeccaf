#include "picture/film/film_header.h"

#include <cmath>

#include "picture/film/gif_file.h"
#include "picture/film/mp4_file.h"

namespace atelier {
namespace {

constexpr std::string_view kEbml("\x1a\x45\xdf\xa3", 4);

std::string Rounded(double value) {
  const auto whole = std::llround(value * 10);
  return std::to_string(whole / 10) + "." + std::to_string(whole % 10);
}

}  // namespace

std::optional<FilmContainer> RecogniseFilm(std::string_view bytes) {
  if (IsMp4(bytes)) return FilmContainer::kMp4;
  if (IsGif(bytes)) return FilmContainer::kGif;
  if (bytes.starts_with(kEbml)) return FilmContainer::kWebm;
  return std::nullopt;
}

std::string_view ContentTypeOf(FilmContainer container) {
  switch (container) {
    case FilmContainer::kMp4:
      return "video/mp4";
    case FilmContainer::kWebm:
      return "video/webm";
    case FilmContainer::kGif:
      return "image/gif";
  }
  return "";
}

Status CheckFilmLimits(const FilmHeader& header, std::string_view field) {
  const std::string name(field);
  if (header.seconds > kMaxFilmSeconds) {
    return InvalidField(name, "at most " + Rounded(kMaxFilmSeconds) + " s long",
                        Rounded(header.seconds) + " s");
  }
  const auto fits = [](int side) {
    return side == 0 || (side >= kMinFilmSide && side <= kMaxFilmSide);
  };
  if (!fits(header.height) || !fits(header.width)) {
    return InvalidField(
        name,
        std::to_string(kMinFilmSide) + " to " + std::to_string(kMaxFilmSide) + " pixels a side",
        std::to_string(header.width) + " x " + std::to_string(header.height));
  }
  if (int64_t{header.height} * header.width > kMaxFilmPixels) {
    return InvalidField(name, "at most " + std::to_string(kMaxFilmPixels) + " pixels in all",
                        std::to_string(header.width) + " x " + std::to_string(header.height));
  }
  if (header.frames == 0) return InvalidField(name, "a film of 1 frame or more", "0 frames");
  // A single picture tells nothing of a rate.
  if (header.seconds <= 0 || header.frames.value_or(0) <= 1) return {};
  const double rate = static_cast<double>(*header.frames) / header.seconds;
  if (rate <= kMaxFilmRate) return {};
  return InvalidField(name, "of at most " + Rounded(kMaxFilmRate) + " frames a second",
                      Rounded(rate));
}

Result<FilmHeader> ReadFilmHeader(std::string_view bytes, std::string_view field) {
  const std::string name(field);
  if (static_cast<int64_t>(bytes.size()) > kMaxFilmBytes) {
    return InvalidField(name, "at most " + std::to_string(kMaxFilmBytes) + " bytes",
                        std::to_string(bytes.size()) + " bytes");
  }
  const std::optional<FilmContainer> container = RecogniseFilm(bytes);
  if (!container) {
    return InvalidField(name, "a film: " + std::string(kFilmContainers),
                        bytes.empty() ? "nothing" : "something else");
  }
  std::optional<FilmHeader> header = FilmHeader{*container};
  if (*container == FilmContainer::kMp4) header = ReadMp4Header(bytes);
  if (*container == FilmContainer::kGif) header = ReadGifHeader(bytes);
  if (!header) {
    return InvalidField(name, "a whole film with a track of pictures",
                        "one that ends early, or without pictures");
  }
  ATELIER_RETURN_IF_ERROR(CheckFilmLimits(*header, field));
  return *header;
}

std::string RemoveFilmMetadata(std::string_view bytes) {
  return IsMp4(bytes) ? RemoveMp4Metadata(bytes) : std::string(bytes);
}

}  // namespace atelier
