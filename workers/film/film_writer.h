// FilmWriter: frames joined to a film in memory. The same frames give the same bytes.
//
// Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "base/image.h"
#include "base/result.h"

namespace atelier::film {

struct FilmSettings {
  int height = 0;
  int width = 0;
  /// Frames a second.
  double frame_rate = 12;
  /// What the file says of how it was made; empty: nothing.
  std::string comment;
  /// An XMP packet; empty: none.
  std::string xmp;
};

class FilmWriter {
 public:
  virtual ~FilmWriter() = default;
  /// The next frame, in RGB. REQUIRES: of the settings' size.
  virtual Status Add(const Image& frame) = 0;
  /// The file. REQUIRES: Add() was called; it and Finish() never again.
  virtual Result<std::string> Finish() = 0;
};

/// H.264 in MP4: the comment as the metadata `comment`, the XMP in a `uuid` box. INTERNAL when
/// FFmpeg has no encoder of H.264. REQUIRES: even sides; so does no other.
Result<std::unique_ptr<FilmWriter>> MakeMp4Writer(const FilmSettings& settings);

/// An animated WebP that goes round for ever; it has the XMP and no comment.
Result<std::unique_ptr<FilmWriter>> MakeWebpWriter(const FilmSettings& settings);

}  // namespace atelier::film
