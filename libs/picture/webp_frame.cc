#include "picture/webp_frame.h"

#include <cstdint>

#include "picture/files/byte_order.h"
#include "picture/files/riff_chunk.h"
#include "picture/files/webp_file.h"

namespace atelier {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kFrameBytes = 8;
/// VP8X's payload, and what of ANMF stands in front of the frame's chunks.
constexpr size_t kExtendedBytes = 10;
constexpr size_t kPlaceBytes = 16;
constexpr uint8_t kAnimationFlag = 0x02;
constexpr char kAlphaFlag = 0x10;

struct Chunk {
  std::string_view kind;
  std::string_view payload;
};

/// The chunk at `at`, which is moved behind it.
std::optional<Chunk> NextChunk(std::string_view bytes, size_t& at) {
  if (at > bytes.size() || bytes.size() - at < kFrameBytes) return std::nullopt;
  const size_t length = LittleEndian(bytes, at + 4, 4);
  if (length > bytes.size() - at - kFrameBytes) return std::nullopt;
  const Chunk chunk{bytes.substr(at, 4), bytes.substr(at + kFrameBytes, length)};
  at += kFrameBytes + length + length % 2;
  return chunk;
}

int Number(std::string_view bytes, size_t at) {
  return static_cast<int>(LittleEndian(bytes, at, 3));
}

/// The chunks of a frame that its pixels are decoded by; each empty or whole.
struct Parts {
  std::string alpha;
  std::string pixels;
};

Parts PartsOf(std::string_view chunks) {
  Parts parts;
  for (size_t at = 0; const auto chunk = NextChunk(chunks, at);) {
    if (chunk->kind == "ALPH" && parts.alpha.empty()) {
      AppendRiffChunk("ALPH", chunk->payload, parts.alpha);
    }
    if (chunk->kind != "VP8 " && chunk->kind != "VP8L") continue;
    AppendRiffChunk(chunk->kind, chunk->payload, parts.pixels);
    break;
  }
  return parts;
}

std::string AsFile(const std::string& chunks) {
  std::string file = "RIFF";
  AppendLittleEndian(4 + chunks.size(), 4, file);
  return file + "WEBP" + chunks;
}

/// Extended where the transparency stands in a chunk of its own.
std::string StillOf(const Parts& parts, int height, int width) {
  if (parts.alpha.empty() || parts.pixels.starts_with("VP8L")) return AsFile(parts.pixels);
  std::string head(1, kAlphaFlag);
  head.append(3, '\0');
  AppendLittleEndian(static_cast<uint64_t>(width - 1), 3, head);
  AppendLittleEndian(static_cast<uint64_t>(height - 1), 3, head);
  std::string chunks;
  AppendRiffChunk("VP8X", head, chunks);
  return AsFile(chunks + parts.alpha + parts.pixels);
}

}  // namespace

bool IsAnimatedWebp(std::string_view bytes) {
  return IsWebp(bytes) && bytes.size() >= kHeaderBytes + kFrameBytes + kExtendedBytes &&
         bytes.substr(kHeaderBytes, 4) == "VP8X" &&
         (static_cast<uint8_t>(bytes[kHeaderBytes + kFrameBytes]) & kAnimationFlag) != 0;
}

std::optional<WebpFrame> FirstWebpFrame(std::string_view bytes) {
  if (!IsAnimatedWebp(bytes)) return std::nullopt;
  WebpFrame frame;
  frame.canvas_width = Number(bytes, kHeaderBytes + kFrameBytes + 4) + 1;
  frame.canvas_height = Number(bytes, kHeaderBytes + kFrameBytes + 7) + 1;
  for (size_t at = kHeaderBytes; const auto chunk = NextChunk(bytes, at);) {
    if (chunk->kind != "ANMF") continue;
    if (chunk->payload.size() < kPlaceBytes) return std::nullopt;
    frame.left = 2 * Number(chunk->payload, 0);
    frame.top = 2 * Number(chunk->payload, 3);
    frame.width = Number(chunk->payload, 6) + 1;
    frame.height = Number(chunk->payload, 9) + 1;
    const bool fits = frame.left + frame.width <= frame.canvas_width &&
                      frame.top + frame.height <= frame.canvas_height;
    const Parts parts = PartsOf(chunk->payload.substr(kPlaceBytes));
    const auto stated = ReadWebpSize(AsFile(parts.pixels));
    const bool is_same = stated && stated->height == frame.height && stated->width == frame.width;
    if (!fits || !is_same) return std::nullopt;
    frame.still = StillOf(parts, frame.height, frame.width);
    return frame;
  }
  return std::nullopt;
}

}  // namespace atelier
