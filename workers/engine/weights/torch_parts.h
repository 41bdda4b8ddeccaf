// TorchParts: what both layouts of torch.save() contain: a pickle and the storages that it names.
#pragma once

#include <ATen/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/weights/pickle.h"

namespace atelier::engine {

struct TorchParts {
  Pickle pickle;
  /// Plain little-endian bytes by key; views of the file.
  std::map<std::string, std::string_view, std::less<>> storages;
};

/// PyTorch 1.6 and later: a zip of FOLDER/data.pkl and FOLDER/data/KEY.
Result<TorchParts> ReadZippedParts(std::string_view file);

/// Whether `file` starts as PyTorch before 1.6 wrote it.
bool IsLegacyTorchFile(std::string_view file);

/// PyTorch before 1.6 (or with _use_new_zipfile_serialization=False): pickles of a magic number, a
/// protocol number, the machine, the object and the list of storage keys, one behind the other;
/// then of every key, in that order, the number of elements (8 bytes) and the elements.
Result<TorchParts> ReadLegacyParts(std::string_view file);

/// ('storage', torch.FloatStorage, KEY, device, elements[, view]) as a pickle names a storage.
struct StorageName {
  at::ScalarType dtype;
  std::string_view key;
  int64_t elements = 0;

  /// DATA_LOSS says what is missing or what type is not read.
  static Result<StorageName> Read(const PickleValue& value);
};

}  // namespace atelier::engine
