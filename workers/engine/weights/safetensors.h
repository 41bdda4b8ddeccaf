// The safetensors format: a little-endian 8-byte header length, a JSON header that names every
// tensor's dtype, shape and byte range, then the bytes. Nothing in a file is ever executed, and a
// file whose header does not fit its bytes is refused before any tensor is made.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/weights/mapped_file.h"

namespace atelier::engine {

/// Tensors by state-dict key.
using TensorMap = std::map<std::string, at::Tensor>;

/// A memory-mapped file. Copies share the map; the map lives as long as any tensor taken from it.
class SafetensorsFile {
 public:
  /// NOT_FOUND when there is no such file; DATA_LOSS names what is wrong inside it: a header longer
  /// than the file, not JSON, an unknown dtype, byte ranges that overlap, leave gaps, lie outside
  /// of the file or do not fit the shape.
  static Result<SafetensorsFile> Open(const std::filesystem::path& path);

  /// Sorted.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const { return entries_.contains(name); }
  /// Without a copy (but for data that is not aligned to its own size). Writes to it stay private
  /// to this process. NOT_FOUND when there is no such tensor.
  Result<at::Tensor> Tensor(const std::string& name) const;
  TensorMap All() const;
  /// Tensors of the same names, shapes and dtypes without memory, on the "meta" device: of the file
  /// the header alone is read.
  TensorMap Shapes() const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  struct Entry {
    at::ScalarType dtype;
    std::vector<int64_t> shape;
    /// Bytes from the start of the file.
    size_t begin = 0;
    size_t end = 0;
  };

  Status ReadHeader();
  Status ReadEntry(const std::string& name, const void* json, size_t data_begin);
  Status CheckRanges(size_t data_begin) const;
  at::Tensor Make(const Entry& entry) const;

  std::shared_ptr<MappedFile> file_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

/// Writes to a temporary file beside `path`, flushes it to the disk and renames it, so that `path`
/// is either the old file or the whole new one. Tensors of any device and layout.
Status WriteSafetensors(const std::filesystem::path& path, const TensorMap& tensors,
                        const std::map<std::string, std::string>& metadata = {});

}  // namespace atelier::engine
