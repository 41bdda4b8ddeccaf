// What an encoded picture says of itself in its first bytes, read without decoding: the gate that
// every picture from outside passes before anything is stored or decoded.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace atelier {

enum class PictureFormat { kPng, kJpeg, kWebp, kHeic };

/// For messages.
inline constexpr std::string_view kPictureFormats = "PNG, JPEG, WebP or HEIC";

struct PictureHeader {
  PictureFormat format = PictureFormat::kPng;
  /// Pixels of the picture as it is shown: turned upright.
  int height = 0;
  int width = 0;
  /// EXIF's, 1 to 8: how decoded pixels are turned to be shown. 1 for a HEIC file, whose own
  /// rotation is part of decoding.
  int orientation = 1;
};

/// Limits of the public API on one picture.
inline constexpr int64_t kMaxPictureBytes = 32 << 20;
inline constexpr int kMinPictureSide = 16;
inline constexpr int kMaxPictureSide = 8192;
inline constexpr int64_t kMaxPicturePixels = 50'000'000;

/// "image/png", "image/jpeg", "image/webp" or "image/heic".
std::string_view ContentTypeOf(PictureFormat format);

/// Format by magic bytes, size and orientation from the header. INVALID_ARGUMENT naming `field`
/// when the bytes are none of the formats, end before the size, are more than `max_bytes`, or break
/// a limit above.
Result<PictureHeader> ReadPictureHeader(std::string_view bytes, std::string_view field,
                                        int64_t max_bytes = kMaxPictureBytes);

/// Whether the file goes on to its end, as its own structure tells without decoding: a PNG's chunks
/// up to IEND, a JPEG's end-of-image marker, a WebP's chunks, all data of a HEIC file's picture.
/// INVALID_ARGUMENT naming `field` otherwise. REQUIRES: ReadPictureHeader() took it.
Status CheckPictureWhole(std::string_view bytes, std::string_view field);

}  // namespace atelier
