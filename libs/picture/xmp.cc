#include "picture/xmp.h"

#include <cstdint>

#include "picture/files/byte_order.h"
#include "picture/files/riff_chunk.h"

namespace atelier {
namespace {

constexpr std::string_view kJpegStart = "\xFF\xD8\xFF";
constexpr std::string_view kJpegNamespace("http://ns.adobe.com/xap/1.0/\0", 29);
/// A segment's length counts its own two bytes and has sixteen bits.
constexpr size_t kMostSegmentBytes = 65535 - 2;

constexpr size_t kRiffHeaderBytes = 12;
// Bits of VP8X's first byte.
constexpr uint8_t kHasXmp = 0x04;
constexpr uint8_t kHasAlpha = 0x10;

}  // namespace

std::string AddJpegXmp(std::string_view jpeg, std::string_view packet) {
  const size_t length = kJpegNamespace.size() + packet.size();
  if (!jpeg.starts_with(kJpegStart) || length > kMostSegmentBytes) return std::string(jpeg);
  std::string out(jpeg.substr(0, 2));
  out += "\xFF\xE1";
  AppendBigEndian(length + 2, 2, out);
  out.append(kJpegNamespace).append(packet).append(jpeg.substr(2));
  return out;
}

std::string AddWebpXmp(std::string_view webp, std::string_view packet, const WebpCanvas& canvas) {
  const bool is_webp =
      webp.size() > kRiffHeaderBytes + 4 && webp.starts_with("RIFF") && webp.substr(8, 4) == "WEBP";
  const bool is_plain = is_webp && (webp.substr(kRiffHeaderBytes, 4) == "VP8 " ||
                                    webp.substr(kRiffHeaderBytes, 4) == "VP8L");
  if (!is_plain) return std::string(webp);
  std::string head;
  head.push_back(static_cast<char>(kHasXmp | (canvas.has_alpha ? kHasAlpha : 0)));
  head.append(3, '\0');
  AppendLittleEndian(static_cast<uint64_t>(canvas.width - 1), 3, head);
  AppendLittleEndian(static_cast<uint64_t>(canvas.height - 1), 3, head);
  std::string chunks = "WEBP";
  AppendRiffChunk("VP8X", head, chunks);
  chunks += webp.substr(kRiffHeaderBytes);
  if (chunks.size() % 2 != 0) chunks.push_back('\0');
  AppendRiffChunk("XMP ", packet, chunks);
  std::string out = "RIFF";
  AppendLittleEndian(chunks.size(), 4, out);
  return out + chunks;
}

}  // namespace atelier
