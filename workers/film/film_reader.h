// FilmReader: the frames of an MP4, WebM or GIF at a rate of one's own.
//
//   auto film = FilmReader::Open(bytes, "film", 12);
//   while (true) {
//     auto frame = (*film)->Next();   // nothing after the last
//   }
//
// FFmpeg's libraries decode. What the file says is checked against the limits of
// picture/film/film_header.h before anything is decoded, and what comes out while it is: a film
// whose header is silent or lies ends with the same errors. No more than one decoded frame is held.
//
// Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/image.h"
#include "base/result.h"

namespace atelier::film {

class FilmReader {
 public:
  /// Reads the header of `bytes`. `frame_rate`: frames a second that Next() gives. Errors, also
  /// Next()'s, name `field`: INVALID_ARGUMENT when a limit is broken; FAILED_PRECONDITION
  /// (FILM_NOT_READ) when the file does not decode.
  static Result<std::unique_ptr<FilmReader>> Open(std::string bytes, std::string_view field,
                                                  double frame_rate);
  ~FilmReader();

  /// The next frame in RGB, turned upright: the one that is shown at i / frame_rate seconds.
  /// Nothing after the last one.
  Result<std::optional<Image>> Next();

 private:
  class Decoder;
  explicit FilmReader(std::unique_ptr<Decoder> decoder);
  const std::unique_ptr<Decoder> decoder_;
};

}  // namespace atelier::film
