#include "picture/film/gif_file.h"

#include "picture/files/byte_order.h"

namespace atelier {
namespace {

/// Bytes of the colour table that packed flags announce.
size_t TableBytes(uint8_t flags) {
  return (flags & 0x80) != 0 ? size_t{3} << ((flags & 7) + 1) : 0;
}

/// The place behind a chain of sub-blocks; nothing when the file ends first.
std::optional<size_t> SkipBlocks(std::string_view bytes, size_t at) {
  while (at < bytes.size()) {
    const auto size = static_cast<uint8_t>(bytes[at]);
    at += size_t{1} + size;
    if (size == 0) return at;
  }
  return std::nullopt;
}

}  // namespace

bool IsGif(std::string_view bytes) {
  return bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a");
}

std::optional<FilmHeader> ReadGifHeader(std::string_view bytes) {
  constexpr size_t kScreenBytes = 13, kImageBytes = 10;
  constexpr char kExtension = 0x21, kImage = 0x2c, kTrailer = 0x3b;
  constexpr uint8_t kGraphicControl = 0xf9;
  if (bytes.size() < kScreenBytes) return std::nullopt;
  FilmHeader header;
  header.container = FilmContainer::kGif;
  header.frames = 0;
  header.width = static_cast<int>(LittleEndian(bytes, 6, 2));
  header.height = static_cast<int>(LittleEndian(bytes, 8, 2));
  size_t at = kScreenBytes + TableBytes(static_cast<uint8_t>(bytes[10]));
  while (at < bytes.size()) {
    if (bytes[at] == kTrailer) return header;
    std::optional<size_t> next;
    if (bytes[at] == kExtension && at + 8 <= bytes.size()) {
      if (static_cast<uint8_t>(bytes[at + 1]) == kGraphicControl) {
        header.seconds += static_cast<double>(LittleEndian(bytes, at + 4, 2)) / 100;
      }
      next = SkipBlocks(bytes, at + 2);
    } else if (bytes[at] == kImage && at + kImageBytes < bytes.size()) {
      ++*header.frames;
      const size_t table = TableBytes(static_cast<uint8_t>(bytes[at + 9]));
      next = SkipBlocks(bytes, at + kImageBytes + table + 1);
    }
    if (!next) return std::nullopt;
    at = *next;
  }
  return std::nullopt;
}

}  // namespace atelier
