// ZipArchive: where the entries of an uncompressed zip file lie. PyTorch writes its files so, for
// them to be mapped: every entry STORED, zip64 records at the end.
//
// Offsets and sizes are taken from the central directory, and only where the local headers agree.
// Checksums are not read: PyTorch itself can be told to write false ones, and reading them would
// touch every page of the file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace atelier::engine {

class ZipArchive {
 public:
  /// `bytes` must outlive the archive. DATA_LOSS names what is wrong: no end record or bytes after
  /// it, a directory or an entry outside of the file, compressed, encrypted or split entries, two
  /// of one name, entries that overlap, local headers that say otherwise.
  static Result<ZipArchive> Parse(std::string_view bytes);

  /// The bytes of every entry by name: views into what Parse() was given.
  const std::map<std::string, std::string_view, std::less<>>& entries() const { return entries_; }

 private:
  struct Directory {
    uint64_t count = 0;
    uint64_t bytes = 0;
    uint64_t offset = 0;
  };
  struct Entry;

  static Result<Directory> FindDirectory(std::string_view file);
  Status ReadDirectory(std::string_view file, const Directory& directory);

  std::map<std::string, std::string_view, std::less<>> entries_;
};

}  // namespace atelier::engine
