#include "picture/png_text.h"

#include <zlib.h>

#include <cstdint>

namespace atelier {
namespace {

constexpr std::string_view kMagic("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kTextKind = "tEXt";
/// A chunk is a length, four letters, as many bytes, and a checksum of letters and bytes.
constexpr size_t kFrameBytes = 12;
/// Magic and IHDR, which is always the first chunk and 13 bytes long.
constexpr size_t kHeaderBytes = 8 + kFrameBytes + 13;

// REQUIRES: at + 4 <= bytes.size().
uint32_t BigEndian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

void AppendBigEndian(uint32_t value, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

uint32_t Checksum(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

}  // namespace

std::string AddPngText(std::string_view png, std::string_view keyword, std::string_view text) {
  if (!png.starts_with(kMagic) || png.size() < kHeaderBytes) return std::string(png);
  std::string checked(kTextKind);
  checked.append(keyword).append(1, '\0').append(text);
  std::string out(png.substr(0, kHeaderBytes));
  AppendBigEndian(static_cast<uint32_t>(checked.size() - kTextKind.size()), out);
  out += checked;
  AppendBigEndian(Checksum(checked), out);
  out += png.substr(kHeaderBytes);
  return out;
}

std::optional<std::string> ReadPngText(std::string_view png, std::string_view keyword) {
  if (!png.starts_with(kMagic)) return std::nullopt;
  for (size_t at = kMagic.size(); png.size() - at >= kFrameBytes;) {
    const size_t length = BigEndian(png, at);
    if (length > png.size() - at - kFrameBytes) return std::nullopt;
    const std::string_view checked = png.substr(at + 4, 4 + length);
    const std::string_view body = checked.substr(4);
    const bool is_wanted = checked.starts_with(kTextKind) && body.size() > keyword.size() &&
                           body.starts_with(keyword) && body[keyword.size()] == '\0';
    if (is_wanted && Checksum(checked) == BigEndian(png, at + 8 + length)) {
      return std::string(body.substr(keyword.size() + 1));
    }
    if (checked.starts_with("IEND")) return std::nullopt;
    at += kFrameBytes + length;
  }
  return std::nullopt;
}

}  // namespace atelier
