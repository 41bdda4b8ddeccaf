// BlobStore: bytes under the SHA-256 of their content. What is stored twice is kept once.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace atelier::server {

struct BlobInfo {
  int64_t size_bytes = 0;
  /// When it was first stored.
  std::chrono::system_clock::time_point create_time;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  /// Stores `bytes` and returns their digest, 64 lower-case hex digits. They are on disk when this
  /// returns. RESOURCE_EXHAUSTED / STORAGE_FULL when there is no room.
  virtual Result<std::string> Put(std::string_view bytes) = 0;
  /// NOT_FOUND / ASSET_NOT_FOUND when there is none; also for a malformed digest. The same below.
  virtual Result<std::string> Get(std::string_view digest) = 0;
  virtual Result<BlobInfo> Stat(std::string_view digest) = 0;
};

/// The digest of `assets/{sha256}`; NOT_FOUND / ASSET_NOT_FOUND when `name` is nothing of the kind.
Result<std::string> DigestOfAsset(std::string_view name);
/// `assets/{digest}`.
std::string AssetName(std::string_view digest);
Unexpected AssetNotFound(std::string_view name);

}  // namespace atelier::server
