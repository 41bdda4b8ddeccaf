// Boxes of ISO base media files, and their fields, read from bytes that may be hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "picture/files/byte_order.h"

namespace atelier {

/// A box's places in the file: [begin, body) is its header, [body, end) what it holds.
struct HeifBox {
  std::string_view type;
  size_t begin = 0;
  size_t body = 0;
  size_t end = 0;
};

/// The box at `at`, which must end at `limit` at the latest. REQUIRES: at <= limit <= bytes.size().
std::optional<HeifBox> ReadHeifBox(std::string_view bytes, size_t at, size_t limit);

/// The boxes that fill [begin, end). Nothing when they do not, or are more than any picture needs.
/// REQUIRES: begin <= end <= bytes.size().
std::optional<std::vector<HeifBox>> ReadHeifBoxes(std::string_view bytes, size_t begin, size_t end);

/// Reads the fields of a box one after the other. After a field that the box does not have, it
/// gives zeros and ok() is false.
class FieldReader {
 public:
  FieldReader(std::string_view bytes, const HeifBox& box)
      : rest_(bytes.substr(box.body, box.end - box.body)) {}

  /// `count` bytes, 8 at most.
  uint64_t Read(int count) {
    const std::string_view field = Take(static_cast<size_t>(count));
    return ok_ ? BigEndian(field, 0, count) : 0;
  }

  std::string_view Take(size_t count) {
    ok_ = ok_ && count <= rest_.size();
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  /// A full box's version; its flags are left in flags().
  int ReadVersion() {
    const uint64_t value = Read(4);
    flags_ = static_cast<uint32_t>(value & 0xffffff);
    return static_cast<int>(value >> 24);
  }

  uint32_t flags() const { return flags_; }
  bool ok() const { return ok_; }
  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  uint32_t flags_ = 0;
  bool ok_ = true;
};

}  // namespace atelier
