#include "picture/files/webp_file.h"

#include <array>
#include <cstdint>

#include "picture/files/byte_order.h"
#include "picture/files/exif_orientation.h"
#include "picture/files/riff_chunk.h"

namespace atelier {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kFrameBytes = 8;
constexpr std::string_view kExtended = "VP8X";
constexpr std::string_view kExif = "EXIF";
/// Bits of VP8X's first byte.
constexpr char kExifFlag = 0x08;
constexpr char kXmpFlag = 0x04;
constexpr std::array<std::string_view, 5> kShownBy = {"VP8 ", "VP8L", "ALPH", "ICCP", "ANIM"};
constexpr std::string_view kAnimationFrame = "ANMF";

struct Chunk {
  std::string_view kind;
  std::string_view payload;
  /// Where the next one begins: a chunk of odd length is followed by a byte of padding.
  size_t end = 0;
};

std::optional<Chunk> ChunkAt(std::string_view file, size_t at) {
  if (file.size() - at < kFrameBytes) return std::nullopt;
  const size_t length = LittleEndian(file, at + 4, 4);
  if (length > file.size() - at - kFrameBytes) return std::nullopt;
  return Chunk{file.substr(at, 4), file.substr(at + kFrameBytes, length),
               at + kFrameBytes + length + length % 2};
}

/// The bytes up to the end that the file states.
std::string_view FileIn(std::string_view bytes) {
  return bytes.substr(0, 8 + static_cast<size_t>(LittleEndian(bytes, 4, 4)));
}

/// Only the extended format has EXIF data.
int OrientationOf(std::string_view bytes) {
  const std::string_view file = FileIn(bytes);
  if (file.size() < 16 || file.substr(kHeaderBytes, 4) != kExtended) return kUprightOrientation;
  for (size_t at = kHeaderBytes; at < file.size();) {
    const std::optional<Chunk> chunk = ChunkAt(file, at);
    if (!chunk) break;
    if (chunk->kind == kExif) return ReadExifOrientation(chunk->payload);
    at = chunk->end;
  }
  return kUprightOrientation;
}

std::optional<StatedSize> ReadStoredSize(std::string_view bytes) {
  if (bytes.size() < 30) return std::nullopt;
  const std::string_view chunk = bytes.substr(12, 4);
  const auto read = [&](size_t at, int count) {
    return static_cast<int64_t>(LittleEndian(bytes, at, count));
  };
  if (chunk == "VP8 ") {
    if (bytes.substr(23, 3) != std::string_view("\x9d\x01\x2a", 3)) return std::nullopt;
    return StatedSize{read(28, 2) & 0x3fff, read(26, 2) & 0x3fff};
  }
  if (chunk == "VP8L") {
    if (static_cast<uint8_t>(bytes[20]) != 0x2f) return std::nullopt;
    const int64_t bits = read(21, 4);
    return StatedSize{((bits >> 14) & 0x3fff) + 1, (bits & 0x3fff) + 1};
  }
  if (chunk == kExtended) return StatedSize{read(27, 3) + 1, read(24, 3) + 1};
  return std::nullopt;
}

}  // namespace

bool IsWebp(std::string_view bytes) {
  return bytes.size() >= kHeaderBytes && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP";
}

std::optional<StatedSize> ReadWebpSize(std::string_view bytes) {
  std::optional<StatedSize> size = ReadStoredSize(bytes);
  if (size) size->orientation = OrientationOf(bytes);
  return size;
}

bool IsWholeWebp(std::string_view bytes) {
  const uint64_t stated = LittleEndian(bytes, 4, 4);
  if (bytes.size() - 8 < stated || stated < 4) return false;
  const std::string_view file = FileIn(bytes);
  for (size_t at = kHeaderBytes; at < file.size();) {
    const std::optional<Chunk> chunk = ChunkAt(file, at);
    if (!chunk) return false;
    at = chunk->end;
  }
  return true;
}

std::string RemoveWebpMetadata(std::string_view bytes) {
  const std::string_view file = FileIn(bytes);
  const int orientation = OrientationOf(bytes);
  const bool turned = orientation != kUprightOrientation;
  std::string out(file.substr(0, kHeaderBytes));
  bool has_frame = false;
  for (size_t at = kHeaderBytes; at < file.size();) {
    const std::optional<Chunk> chunk = ChunkAt(file, at);
    if (!chunk) break;
    at = chunk->end;
    if (chunk->kind == kAnimationFrame && !has_frame) {
      AppendRiffChunk(kAnimationFrame, chunk->payload, out);
      has_frame = true;
    }
    if (chunk->kind == kExtended && !chunk->payload.empty()) {
      std::string flags(chunk->payload);
      flags[0] &= static_cast<char>(~(kExifFlag | kXmpFlag));
      if (turned) flags[0] |= kExifFlag;
      AppendRiffChunk(kExtended, flags, out);
      // In front of the pixels, where it is found without reading them.
      if (turned) AppendRiffChunk(kExif, MakeExifOrientation(orientation), out);
      continue;
    }
    for (const std::string_view kind : kShownBy) {
      if (chunk->kind == kind) AppendRiffChunk(kind, chunk->payload, out);
    }
  }
  std::string length;
  AppendLittleEndian(out.size() - 8, 4, length);
  return out.replace(4, 4, length);
}

}  // namespace atelier
