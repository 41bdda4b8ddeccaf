#include "picture/files/heif_boxes.h"

namespace atelier {
namespace {

/// A picture of 50 million pixels in tiles of 512 x 512 has some 200 items.
constexpr size_t kMostBoxes = 4096;

}  // namespace

std::optional<HeifBox> ReadHeifBox(std::string_view bytes, size_t at, size_t limit) {
  if (limit - at < 8) return std::nullopt;
  HeifBox box{bytes.substr(at + 4, 4), at, at + 8, limit};
  uint64_t size = BigEndian(bytes, at, 4);
  if (size == 1) {  // A size of 64 bits follows the type.
    if (limit - at < 16) return std::nullopt;
    size = BigEndian(bytes, at + 8, 8);
    box.body = at + 16;
  } else if (size == 0) {  // Up to the end.
    return box;
  }
  if (size < box.body - at || size > limit - at) return std::nullopt;
  box.end = at + static_cast<size_t>(size);
  return box;
}

std::optional<std::vector<HeifBox>> ReadHeifBoxes(std::string_view bytes, size_t begin,
                                                  size_t end) {
  std::vector<HeifBox> boxes;
  for (size_t at = begin; at < end; at = boxes.back().end) {
    const std::optional<HeifBox> box = ReadHeifBox(bytes, at, end);
    if (!box || boxes.size() == kMostBoxes) return std::nullopt;
    boxes.push_back(*box);
  }
  return boxes;
}

}  // namespace atelier
