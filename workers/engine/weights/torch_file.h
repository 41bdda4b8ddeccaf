// TorchFile: the tensors of what torch.save() wrote (.pth, .bin, Lightning's .ckpt), read as data.
//
// A pickle of a state dict and the storages as plain bytes, in one of two layouts: see
// torch_parts.h. Tensors, storages, OrderedDict and plain containers are understood; any other
// object of the pickle is inert, and a tensor that depends on one is an error that names both.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/weights/mapped_file.h"
#include "engine/weights/torch_parts.h"

namespace atelier::engine {

class TorchFile {
 public:
  /// The state dict is the top of the pickle, or the one dictionary of tensors there: trainers keep
  /// it under "state_dict", "model" and other names. SEVERAL_COPIES names them where there are
  /// more. NOT_FOUND when there is no such file; DATA_LOSS or INVALID_ARGUMENT names what is wrong
  /// with it; UNIMPLEMENTED for big-endian files.
  static Result<TorchFile> Open(const std::filesystem::path& path);

  /// Sorted. Plain entries (numbers, texts, containers) are passed over, inert ones are not.
  std::vector<std::string> names() const;
  /// A view of the mapped file, or of one copy where a storage is not aligned to its own size.
  /// Tensors that share a storage do so here. Writes to it stay private to this process.
  /// NOT_FOUND when there is no such entry; DATA_LOSS when what it is or hangs on cannot be read.
  Result<at::Tensor> Tensor(const std::string& name);
  /// The first entry that is not a readable tensor is an error.
  Result<std::map<std::string, at::Tensor>> All();
  /// All(), but of tensors without memory, on the "meta" device: no storage is read or copied.
  Result<std::map<std::string, at::Tensor>> Shapes();

 private:
  struct Layout;
  enum class Memory { kMapped, kNone };

  Status ReadStateDict();
  Result<std::map<std::string, at::Tensor>> All(Memory memory);
  Result<at::Tensor> Make(const PickleValue& value, Memory memory);
  Result<at::Tensor> Storage(const PickleValue& value, Memory memory);
  /// Storage() of bytes that are all there.
  at::Tensor Mapped(std::string_view bytes, int64_t numel, at::ScalarType dtype) const;

  std::shared_ptr<MappedFile> file_;
  TorchParts parts_;
  std::map<std::string, const PickleValue*> entries_;
  /// One-dimensional, by key and dtype: what tensors are views of.
  std::map<std::pair<std::string_view, at::ScalarType>, at::Tensor> storages_;
};

}  // namespace atelier::engine
