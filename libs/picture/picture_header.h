// What an encoded picture says of itself in its first bytes, read without decoding: the gate that
// every picture from outside passes before anything is stored or decoded.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace atelier {

enum class PictureFormat { kPng, kJpeg, kWebp };

struct PictureHeader {
  PictureFormat format;
  int height = 0;
  int width = 0;
};

/// Limits of the public API on one picture.
inline constexpr int64_t kMaxPictureBytes = 8 << 20;
inline constexpr int kMinPictureSide = 16;
inline constexpr int kMaxPictureSide = 8192;
inline constexpr int64_t kMaxPicturePixels = 33'200'000;

/// "image/png", "image/jpeg" or "image/webp".
std::string_view ContentTypeOf(PictureFormat format);

/// Format by magic bytes, size from the header. INVALID_ARGUMENT naming `field` when the bytes are
/// none of the three formats, end before the size, are more than `max_bytes`, or break a limit
/// above.
Result<PictureHeader> ReadPictureHeader(std::string_view bytes, std::string_view field,
                                        int64_t max_bytes = kMaxPictureBytes);

/// Whether the file goes on to its end, as its own structure tells without decoding: a PNG's chunks
/// up to IEND, a JPEG's end-of-image marker, the length a WebP gives. INVALID_ARGUMENT naming
/// `field` otherwise. REQUIRES: ReadPictureHeader() took it.
Status CheckPictureWhole(std::string_view bytes, std::string_view field);

}  // namespace atelier
