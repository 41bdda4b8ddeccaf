#include "picture/files/exif_orientation.h"

#include <cstdint>

#include "picture/files/byte_order.h"

namespace atelier {
namespace {

constexpr std::string_view kPrefix("Exif\0\0", 6);
constexpr uint64_t kOrientationTag = 0x0112;
constexpr uint64_t kByteType = 1;
constexpr uint64_t kShortType = 3;
constexpr uint64_t kLongType = 4;
constexpr size_t kEntryBytes = 12;

}  // namespace

int ReadExifOrientation(std::string_view exif) {
  if (exif.starts_with(kPrefix)) exif.remove_prefix(kPrefix.size());
  if (exif.size() < 8) return kUprightOrientation;
  const bool little = exif.starts_with("II");
  if (!little && !exif.starts_with("MM")) return kUprightOrientation;
  const auto read = [&](size_t at, int count) {
    return little ? LittleEndian(exif, at, count) : BigEndian(exif, at, count);
  };
  const uint64_t directory = read(4, 4);
  if (read(2, 2) != 42 || directory + 2 > exif.size()) return kUprightOrientation;
  const uint64_t entries = read(directory, 2);
  for (uint64_t i = 0; i < entries; ++i) {
    const size_t at = directory + 2 + i * kEntryBytes;
    if (at + kEntryBytes > exif.size()) break;
    if (read(at, 2) != kOrientationTag) continue;
    const uint64_t type = read(at + 2, 2);
    const int bytes = type == kByteType ? 1 : type == kShortType ? 2 : 4;
    const uint64_t value = read(at + 8, bytes);
    // The standard says SHORT; some writers have it in other whole numbers.
    const bool is_whole = type == kByteType || type == kShortType || type == kLongType;
    const bool known = is_whole && value >= 1 && value <= 8;
    return known ? static_cast<int>(value) : kUprightOrientation;
  }
  return kUprightOrientation;
}

std::string MakeExifOrientation(int orientation) {
  std::string exif("MM\0*", 4);
  AppendBigEndian(8, 4, exif);  // Where the directory begins.
  AppendBigEndian(1, 2, exif);  // One entry.
  AppendBigEndian(kOrientationTag, 2, exif);
  AppendBigEndian(kShortType, 2, exif);
  AppendBigEndian(1, 4, exif);  // One value, at the start of the entry's four bytes.
  AppendBigEndian(static_cast<uint64_t>(orientation), 2, exif);
  AppendBigEndian(0, 2, exif);
  AppendBigEndian(0, 4, exif);  // No further directory.
  return exif;
}

}  // namespace atelier
