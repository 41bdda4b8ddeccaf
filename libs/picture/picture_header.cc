#include "picture/picture_header.h"

#include <algorithm>
#include <optional>
#include <string>

namespace atelier {
namespace {

// Big-endian and little-endian integers of `count` bytes. REQUIRES: at + count <= bytes.size().
uint32_t BigEndian(std::string_view bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = (value << 8) | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

uint32_t LittleEndian(std::string_view bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = (value << 8) | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// Sides as the file states them, before any limit: up to 2^32 - 1 in a PNG.
struct Size {
  int64_t height;
  int64_t width;
};

constexpr std::string_view kPngMagic("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kJpegMagic("\xff\xd8\xff", 3);

// IHDR must be a PNG's first chunk: length, "IHDR", width, height.
std::optional<Size> ReadPngSize(std::string_view bytes) {
  if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") return std::nullopt;
  return Size{BigEndian(bytes, 20, 4), BigEndian(bytes, 16, 4)};
}

// Start-of-frame markers are FFC0..FFCF but for DHT (C4), JPG (C8) and DAC (CC).
bool IsStartOfFrame(uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// Walks the segments (marker, length, payload) up to the frame header.
std::optional<Size> ReadJpegSize(std::string_view bytes) {
  size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (static_cast<uint8_t>(bytes[at]) != 0xff) return std::nullopt;
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (marker == 0xff) {  // A fill byte.
      ++at;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {  // TEM, RSTn: no payload.
      at += 2;
      continue;
    }
    if (marker == 0xd9 || marker == 0xda) return std::nullopt;  // Scan or end before a frame.
    if (IsStartOfFrame(marker)) {
      if (at + 9 > bytes.size()) return std::nullopt;
      return Size{BigEndian(bytes, at + 5, 2), BigEndian(bytes, at + 7, 2)};
    }
    const uint32_t length = BigEndian(bytes, at + 2, 2);
    if (length < 2) return std::nullopt;
    at += 2 + length;
  }
  return std::nullopt;
}

// "RIFF" size "WEBP", then one of three kinds of first chunk (RFC 9649).
std::optional<Size> ReadWebpSize(std::string_view bytes) {
  if (bytes.size() < 30) return std::nullopt;
  const std::string_view chunk = bytes.substr(12, 4);
  if (chunk == "VP8 ") {
    if (bytes.substr(23, 3) != std::string_view("\x9d\x01\x2a", 3)) return std::nullopt;
    return Size{LittleEndian(bytes, 28, 2) & 0x3fff, LittleEndian(bytes, 26, 2) & 0x3fff};
  }
  if (chunk == "VP8L") {
    if (static_cast<uint8_t>(bytes[20]) != 0x2f) return std::nullopt;
    const uint32_t bits = LittleEndian(bytes, 21, 4);
    return Size{((bits >> 14) & 0x3fff) + 1, (bits & 0x3fff) + 1};
  }
  if (chunk == "VP8X") {
    return Size{LittleEndian(bytes, 27, 3) + 1, LittleEndian(bytes, 24, 3) + 1};
  }
  return std::nullopt;
}

// Chunks are a length, four letters, as many bytes, and a checksum.
bool IsWholePng(std::string_view bytes) {
  bool has_pixels = false;
  for (size_t at = kPngMagic.size(); at + 12 <= bytes.size();) {
    const std::string_view kind = bytes.substr(at + 4, 4);
    const size_t end = at + 12 + BigEndian(bytes, at, 4);
    if (end > bytes.size()) return false;
    if (kind == "IEND") return has_pixels;
    has_pixels = has_pixels || kind == "IDAT";
    at = end;
  }
  return false;
}

// An end-of-image marker that stands in no segment: a thumbnail inside of one has its own.
bool IsWholeJpeg(std::string_view bytes) {
  size_t at = 2;
  while ((at = bytes.find('\xff', at)) != std::string_view::npos && at + 1 < bytes.size()) {
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (marker == 0xd9) return true;
    if (marker == 0xff) {  // A fill byte.
      ++at;
    } else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {  // 0, TEM, RSTn: no segment.
      at += 2;
    } else {
      if (at + 4 > bytes.size()) return false;
      at += 2 + BigEndian(bytes, at + 2, 2);
    }
  }
  return false;
}

// The bytes after the first eight.
bool IsWholeWebp(std::string_view bytes) {
  return bytes.size() >= 12 && bytes.size() - 8 >= LittleEndian(bytes, 4, 4);
}

std::optional<PictureFormat> RecogniseFormat(std::string_view bytes) {
  if (bytes.starts_with(kPngMagic)) return PictureFormat::kPng;
  if (bytes.starts_with(kJpegMagic)) return PictureFormat::kJpeg;
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") {
    return PictureFormat::kWebp;
  }
  return std::nullopt;
}

std::optional<Size> ReadSize(PictureFormat format, std::string_view bytes) {
  switch (format) {
    case PictureFormat::kPng:
      return ReadPngSize(bytes);
    case PictureFormat::kJpeg:
      return ReadJpegSize(bytes);
    case PictureFormat::kWebp:
      return ReadWebpSize(bytes);
  }
  return std::nullopt;
}

}  // namespace

std::string_view ContentTypeOf(PictureFormat format) {
  switch (format) {
    case PictureFormat::kPng:
      return "image/png";
    case PictureFormat::kJpeg:
      return "image/jpeg";
    case PictureFormat::kWebp:
      return "image/webp";
  }
  return "application/octet-stream";
}

Result<PictureHeader> ReadPictureHeader(std::string_view bytes, std::string_view field,
                                        int64_t max_bytes) {
  const std::string name(field);
  if (static_cast<int64_t>(bytes.size()) > max_bytes) {
    return InvalidField(name, "at most " + std::to_string(max_bytes) + " bytes",
                        std::to_string(bytes.size()) + " bytes");
  }
  const std::string given = std::to_string(bytes.size()) + " bytes of something else";
  const auto format = RecogniseFormat(bytes);
  if (!format) return InvalidField(name, "a PNG, JPEG or WebP file", given);
  const auto size = ReadSize(*format, bytes);
  if (!size) {
    return InvalidField(name, "a whole PNG, JPEG or WebP file",
                        std::to_string(bytes.size()) + " bytes of " +
                            std::string(ContentTypeOf(*format)) + " without a readable size");
  }
  const std::string sides = std::to_string(size->width) + " x " + std::to_string(size->height);
  const auto [low, high] = std::minmax(size->height, size->width);
  if (low < kMinPictureSide || high > kMaxPictureSide) {
    return InvalidField(name, "16 to 8192 pixels a side", sides);
  }
  if (size->height * size->width > kMaxPicturePixels) {
    return InvalidField(name, "at most 33200000 pixels in all", sides);
  }
  return PictureHeader{*format, static_cast<int>(size->height), static_cast<int>(size->width)};
}

Status CheckPictureWhole(std::string_view bytes, std::string_view field) {
  const auto format = RecogniseFormat(bytes);
  const bool whole = format == PictureFormat::kPng    ? IsWholePng(bytes)
                     : format == PictureFormat::kJpeg ? IsWholeJpeg(bytes)
                                                      : IsWholeWebp(bytes);
  if (format && whole) return {};
  return InvalidField(std::string(field), "a whole PNG, JPEG or WebP file",
                      std::to_string(bytes.size()) + " bytes that end too early");
}

}  // namespace atelier
