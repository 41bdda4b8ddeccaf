#include "engine/weights/zip_archive.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace atelier::engine {
namespace {

// Signatures and fixed sizes of the records: APPNOTE.TXT 4.3.7, 4.3.12, 4.3.14, 4.3.15, 4.3.16.
constexpr uint64_t kLocalSignature = 0x04034b50;
constexpr uint64_t kCentralSignature = 0x02014b50;
constexpr uint64_t kEndSignature = 0x06054b50;
constexpr uint64_t kEnd64Signature = 0x06064b50;
constexpr uint64_t kLocator64Signature = 0x07064b50;
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                 kLocator64Bytes = 20;
constexpr size_t kMaxCommentBytes = 0xffff;
constexpr uint64_t kSee64 = 0xffffffff;               // "the size is in the zip64 record"
constexpr uint64_t kSee64Count = 0xffff;              // "the count is"
constexpr uint64_t kEncrypted = 1, kSizesFollow = 8;  // general purpose flags

Unexpected Bad(const std::string& what) {
  return MakeError(Code::kDataLoss, "BAD_ZIP", "the zip file " + what);
}

/// Little-endian. REQUIRES: at + bytes <= record.size().
uint64_t Read(std::string_view record, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    value |= uint64_t{static_cast<unsigned char>(record[at + i])} << (8 * i);
  }
  return value;
}

/// Does [offset, offset + bytes) lie in [0, size)? Without overflow.
bool Fits(uint64_t offset, uint64_t bytes, uint64_t size) {
  return offset <= size && bytes <= size - offset;
}

/// The end record is the last one whose comment ends with the file.
std::optional<size_t> FindEnd(std::string_view file) {
  if (file.size() < kEndBytes) return std::nullopt;
  const size_t last = file.size() - kEndBytes;
  const size_t first = last - std::min(last, kMaxCommentBytes);
  for (size_t at = last + 1; at-- > first;) {
    if (Read(file, at, 4) == kEndSignature && Read(file, at + 20, 2) == last - at) return at;
  }
  return std::nullopt;
}

/// What the 32-bit fields could not hold, from the extra field of the same entry, in this order.
bool ReadExtra64(std::string_view extra, std::vector<uint64_t*> wanted) {
  std::erase_if(wanted, [](const uint64_t* field) { return *field != kSee64; });
  if (wanted.empty()) return true;
  while (extra.size() >= 4) {
    const uint64_t id = Read(extra, 0, 2), bytes = Read(extra, 2, 2);
    extra.remove_prefix(4);
    if (bytes > extra.size()) return false;
    if (id != 1) {
      extra.remove_prefix(bytes);
      continue;
    }
    if (bytes < 8 * wanted.size()) return false;
    for (size_t i = 0; i < wanted.size(); ++i) *wanted[i] = Read(extra, 8 * i, 8);
    return true;
  }
  return false;
}

}  // namespace

struct ZipArchive::Entry {
  std::string_view name;
  uint64_t flags = 0, method = 0, packed_bytes = 0, bytes = 0, offset = 0;
  /// Where its data lies; set by Locate().
  uint64_t begin = 0;

  std::string Quoted() const { return "entry `" + std::string(name.substr(0, 100)) + "` "; }
  Status Check() const;
  Status Locate(std::string_view file, uint64_t limit);
};

Status ZipArchive::Entry::Check() const {
  if ((flags & kEncrypted) != 0) return Bad(Quoted() + "is encrypted");
  if (method != 0) return Bad(Quoted() + "is compressed");
  if (packed_bytes != bytes) return Bad(Quoted() + "has two sizes");
  return {};
}

/// The local header must tell the same story; the data ends before `limit`.
Status ZipArchive::Entry::Locate(std::string_view file, uint64_t limit) {
  if (!Fits(offset, kLocalBytes, limit)) return Bad(Quoted() + "begins outside of the file");
  const std::string_view local = file.substr(offset, kLocalBytes);
  if (Read(local, 0, 4) != kLocalSignature) return Bad(Quoted() + "has no local header");
  const uint64_t name_bytes = Read(local, 26, 2), extra_bytes = Read(local, 28, 2);
  begin = offset + kLocalBytes + name_bytes + extra_bytes;
  if (!Fits(begin, bytes, limit)) return Bad(Quoted() + "ends outside of the file");
  if (file.substr(offset + kLocalBytes, name_bytes) != name) {
    return Bad(Quoted() + "has another name in its local header");
  }
  const uint64_t local_bytes = Read(local, 22, 4);
  const bool tells_size = (Read(local, 6, 2) & kSizesFollow) == 0 && local_bytes != kSee64;
  if (Read(local, 8, 2) != method || (tells_size && local_bytes != bytes)) {
    return Bad(Quoted() + "has another method or size in its local header");
  }
  return {};
}

Result<ZipArchive> ZipArchive::Parse(std::string_view bytes) {
  ZipArchive archive;
  ATELIER_ASSIGN_OR_RETURN(const Directory directory, FindDirectory(bytes));
  ATELIER_RETURN_IF_ERROR(archive.ReadDirectory(bytes, directory));
  return archive;
}

Result<ZipArchive::Directory> ZipArchive::FindDirectory(std::string_view file) {
  const std::optional<size_t> end = FindEnd(file);
  if (!end.has_value()) return Bad("has no end record: it is cut short or not a zip file");
  const std::string_view record = file.substr(*end, kEndBytes);
  if (Read(record, 4, 2) != 0 || Read(record, 6, 2) != 0) return Bad("is split over disks");
  Directory directory{
      .count = Read(record, 10, 2), .bytes = Read(record, 12, 4), .offset = Read(record, 16, 4)};
  uint64_t limit = *end;
  const bool has_locator =
      *end >= kLocator64Bytes && Read(file, *end - kLocator64Bytes, 4) == kLocator64Signature;
  if (has_locator) {
    const uint64_t at = Read(file, *end - kLocator64Bytes + 8, 8);
    if (!Fits(at, kEnd64Bytes, *end - kLocator64Bytes) || Read(file, at, 4) != kEnd64Signature) {
      return Bad("has no zip64 end record where it says");
    }
    const Directory wide{.count = Read(file, at + 32, 8),
                         .bytes = Read(file, at + 40, 8),
                         .offset = Read(file, at + 48, 8)};
    if ((directory.count != kSee64Count && directory.count != wide.count) ||
        (directory.bytes != kSee64 && directory.bytes != wide.bytes) ||
        (directory.offset != kSee64 && directory.offset != wide.offset)) {
      return Bad("has two end records that differ");
    }
    directory = wide;
    limit = at;
  }
  if (!Fits(directory.offset, directory.bytes, limit)) {
    return Bad("has its directory outside of the file");
  }
  if (directory.count > directory.bytes / kCentralBytes) {
    return Bad("has more entries than its directory holds");
  }
  return directory;
}

Status ZipArchive::ReadDirectory(std::string_view file, const Directory& directory) {
  std::string_view rest = file.substr(directory.offset, directory.bytes);
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (uint64_t i = 0; i < directory.count; ++i) {
    if (rest.size() < kCentralBytes || Read(rest, 0, 4) != kCentralSignature) {
      return Bad("has a damaged directory");
    }
    Entry entry{.name = {},
                .flags = Read(rest, 8, 2),
                .method = Read(rest, 10, 2),
                .packed_bytes = Read(rest, 20, 4),
                .bytes = Read(rest, 24, 4),
                .offset = Read(rest, 42, 4)};
    const size_t name_bytes = Read(rest, 28, 2), extra_bytes = Read(rest, 30, 2),
                 comment_bytes = Read(rest, 32, 2);
    if (rest.size() - kCentralBytes < name_bytes + extra_bytes + comment_bytes) {
      return Bad("has a damaged directory");
    }
    entry.name = rest.substr(kCentralBytes, name_bytes);
    if (!ReadExtra64(rest.substr(kCentralBytes + name_bytes, extra_bytes),
                     {&entry.bytes, &entry.packed_bytes, &entry.offset})) {
      return Bad(entry.Quoted() + "lacks its zip64 sizes");
    }
    rest.remove_prefix(kCentralBytes + name_bytes + extra_bytes + comment_bytes);
    ATELIER_RETURN_IF_ERROR(entry.Check());
    ATELIER_RETURN_IF_ERROR(entry.Locate(file, directory.offset));
    ranges.emplace_back(entry.offset, entry.begin + entry.bytes);
    if (!entries_.emplace(entry.name, file.substr(entry.begin, entry.bytes)).second) {
      return Bad(entry.Quoted() + "is there twice");
    }
  }
  if (!rest.empty()) return Bad("has a damaged directory");
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) return Bad("has entries that overlap");
  }
  return {};
}

}  // namespace atelier::engine
