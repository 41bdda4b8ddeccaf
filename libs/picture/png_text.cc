#include "picture/png_text.h"

#include <cstdint>

#include "picture/files/byte_order.h"
#include "picture/files/png_chunk.h"

namespace atelier {
namespace {

constexpr std::string_view kMagic("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kTextKind = "tEXt";
constexpr std::string_view kInternationalKind = "iTXt";
/// The keyword and its end; not compressed, by no method, no language, no translated keyword.
constexpr std::string_view kXmpStart("XML:com.adobe.xmp\0\0\0\0\0", 22);
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

/// The payload of the first sound chunk of a kind that begins with `start`, behind `start`.
std::optional<std::string> FindPayload(std::string_view png, std::string_view kind,
                                       std::string_view start) {
  if (!png.starts_with(kMagic)) return std::nullopt;
  for (size_t at = kMagic.size(); png.size() - at >= kFrameBytes;) {
    const size_t length = BigEndian(png, at, 4);
    if (length > png.size() - at - kFrameBytes) return std::nullopt;
    const std::string_view checked = png.substr(at + 4, 4 + length);
    const std::string_view body = checked.substr(4);
    const bool is_wanted = checked.starts_with(kind) && body.starts_with(start);
    if (is_wanted && PngChecksum(checked) == BigEndian(png, at + 8 + length, 4)) {
      return std::string(body.substr(start.size()));
    }
    if (checked.starts_with("IEND")) return std::nullopt;
    at += kFrameBytes + length;
  }
  return std::nullopt;
}

}  // namespace

std::string AddPngText(std::string_view png, std::string_view keyword, std::string_view text) {
  std::string payload(keyword);
  payload.append(1, '\0').append(text);
  return WithChunk(png, kTextKind, payload);
}

std::string AddPngXmp(std::string_view png, std::string_view packet) {
  std::string payload(kXmpStart);
  payload.append(packet);
  return WithChunk(png, kInternationalKind, payload);
}

std::optional<std::string> ReadPngText(std::string_view png, std::string_view keyword) {
  return FindPayload(png, kTextKind, std::string(keyword) + '\0');
}

std::optional<std::string> ReadPngXmp(std::string_view png) {
  return FindPayload(png, kInternationalKind, kXmpStart);
}

}  // namespace atelier
