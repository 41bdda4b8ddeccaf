// Integers of a picture file's structure, read from and written to bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace atelier {

/// The big-endian integer of `count` bytes, 8 at most. REQUIRES: at + count <= bytes.size().
inline uint64_t BigEndian(std::string_view bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = (value << 8) | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

/// The little-endian integer of `count` bytes, 8 at most. REQUIRES: at + count <= bytes.size().
inline uint64_t LittleEndian(std::string_view bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = (value << 8) | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

inline void AppendBigEndian(uint64_t value, int count, std::string& out) {
  for (int i = count - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

inline void AppendLittleEndian(uint64_t value, int count, std::string& out) {
  for (int i = 0; i < count; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

}  // namespace atelier
