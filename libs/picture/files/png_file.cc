#include "picture/files/png_file.h"

#include <array>
#include <cstdint>

#include "base/iuv_chart.h"
#include "picture/files/byte_order.h"
#include "picture/files/exif_orientation.h"
#include "picture/files/png_chunk.h"

namespace atelier {
namespace {

constexpr std::string_view kMagic("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kExifKind = "eXIf";
/// A chunk is a length, four letters, as many bytes, and a checksum.
constexpr size_t kFrameBytes = 12;
/// Chunks that are not critical and say how the pixels are shown.
constexpr std::array<std::string_view, 9> kShownBy = {"tRNS", "cHRM", "gAMA", "iCCP", "sBIT",
                                                      "sRGB", "cICP", "bKGD", "pHYs"};

struct Chunk {
  std::string_view kind;
  std::string_view payload;
  /// With length and checksum.
  std::string_view whole;
};

std::optional<Chunk> ChunkAt(std::string_view bytes, size_t at) {
  if (bytes.size() - at < kFrameBytes) return std::nullopt;
  const size_t length = BigEndian(bytes, at, 4);
  if (length > bytes.size() - at - kFrameBytes) return std::nullopt;
  return Chunk{bytes.substr(at + 4, 4), bytes.substr(at + 8, length),
               bytes.substr(at, kFrameBytes + length)};
}

bool Stays(const Chunk& chunk) {
  // The case of the first letter says whether a decoder must know the chunk.
  const bool critical = (chunk.kind[0] & 0x20) == 0;
  if (critical) return true;
  if (chunk.kind == "tEXt") {
    const std::string_view keyword = kIuvChartKeyword;
    return chunk.payload.starts_with(keyword) && chunk.payload.size() > keyword.size() &&
           chunk.payload[keyword.size()] == '\0';
  }
  for (const std::string_view kind : kShownBy) {
    if (chunk.kind == kind) return true;
  }
  return false;
}

int OrientationOf(std::string_view bytes) {
  for (size_t at = kMagic.size(); at < bytes.size();) {
    const std::optional<Chunk> chunk = ChunkAt(bytes, at);
    if (!chunk || chunk->kind == "IEND") break;
    if (chunk->kind == kExifKind) return ReadExifOrientation(chunk->payload);
    at += chunk->whole.size();
  }
  return kUprightOrientation;
}

}  // namespace

bool IsPng(std::string_view bytes) { return bytes.starts_with(kMagic); }

// IHDR must be a PNG's first chunk: length, "IHDR", width, height.
std::optional<StatedSize> ReadPngSize(std::string_view bytes) {
  if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") return std::nullopt;
  return StatedSize{static_cast<int64_t>(BigEndian(bytes, 20, 4)),
                    static_cast<int64_t>(BigEndian(bytes, 16, 4)), OrientationOf(bytes)};
}

bool IsWholePng(std::string_view bytes) {
  bool has_pixels = false;
  for (size_t at = kMagic.size(); at < bytes.size();) {
    const std::optional<Chunk> chunk = ChunkAt(bytes, at);
    if (!chunk) return false;
    if (chunk->kind == "IEND") return has_pixels;
    has_pixels = has_pixels || chunk->kind == "IDAT";
    at += chunk->whole.size();
  }
  return false;
}

std::string RemovePngMetadata(std::string_view bytes) {
  const int orientation = OrientationOf(bytes);
  std::string out(kMagic);
  for (size_t at = kMagic.size(); at < bytes.size();) {
    const std::optional<Chunk> chunk = ChunkAt(bytes, at);
    if (!chunk) break;
    if (Stays(*chunk)) out += chunk->whole;
    if (chunk->kind == "IHDR" && orientation != kUprightOrientation) {
      AppendPngChunk(kExifKind, MakeExifOrientation(orientation), out);
    }
    if (chunk->kind == "IEND") break;
    at += chunk->whole.size();
  }
  return out;
}

}  // namespace atelier
