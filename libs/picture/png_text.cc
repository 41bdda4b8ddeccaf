#include "picture/png_text.h"

#include <cstdint>

#include "picture/files/byte_order.h"
#include "picture/files/png_chunk.h"

namespace atelier {
namespace {

constexpr std::string_view kMagic("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kTextKind = "tEXt";
/// A chunk is a length, four letters, as many bytes, and a checksum of letters and bytes.
constexpr size_t kFrameBytes = 12;
/// Magic and IHDR, which is always the first chunk and 13 bytes long.
constexpr size_t kHeaderBytes = 8 + kFrameBytes + 13;

/// `png` with one more chunk behind its header.
std::string WithChunk(std::string_view png, std::string_view kind, std::string_view payload) {
  if (!png.starts_with(kMagic) || png.size() < kHeaderBytes) return std::string(png);
  std::string out(png.substr(0, kHeaderBytes));
  AppendPngChunk(kind, payload, out);
  out += png.substr(kHeaderBytes);
  return out;
}

}  // namespace

std::string AddPngText(std::string_view png, std::string_view keyword, std::string_view text) {
  std::string payload(keyword);
  payload.append(1, '\0').append(text);
  return WithChunk(png, kTextKind, payload);
}

std::string AddPngXmp(std::string_view png, std::string_view packet) {
  std::string payload("XML:com.adobe.xmp");
  // The keyword's end, not compressed, by no method, no language, no translated keyword.
  payload.append(5, '\0').append(packet);
  return WithChunk(png, "iTXt", payload);
}

std::optional<std::string> ReadPngText(std::string_view png, std::string_view keyword) {
  if (!png.starts_with(kMagic)) return std::nullopt;
  for (size_t at = kMagic.size(); png.size() - at >= kFrameBytes;) {
    const size_t length = BigEndian(png, at, 4);
    if (length > png.size() - at - kFrameBytes) return std::nullopt;
    const std::string_view checked = png.substr(at + 4, 4 + length);
    const std::string_view body = checked.substr(4);
    const bool is_wanted = checked.starts_with(kTextKind) && body.size() > keyword.size() &&
                           body.starts_with(keyword) && body[keyword.size()] == '\0';
    if (is_wanted && PngChecksum(checked) == BigEndian(png, at + 8 + length, 4)) {
      return std::string(body.substr(keyword.size() + 1));
    }
    if (checked.starts_with("IEND")) return std::nullopt;
    at += kFrameBytes + length;
  }
  return std::nullopt;
}

}  // namespace atelier
