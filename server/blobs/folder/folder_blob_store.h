// FolderBlobStore: blobs as files ROOT/ab/cd/abcd..., made in ROOT/tmp and renamed into place, so
// that a file under its digest is always whole.
#pragma once

#include <filesystem>
#include <memory>

#include "server/blobs/blob_store.h"

namespace atelier::server {

class FolderBlobStore final : public BlobStore {
 public:
  /// Makes the folder when it is not there and sweeps what a crash left in its tmp. One process may
  /// use a folder at a time.
  static Result<std::unique_ptr<FolderBlobStore>> Open(const std::filesystem::path& root);

  Result<std::string> Put(std::string_view bytes) override;
  Result<std::string> Get(std::string_view digest) override;
  Result<BlobInfo> Stat(std::string_view digest) override;

 private:
  explicit FolderBlobStore(std::filesystem::path root) : root_(std::move(root)) {}
  std::filesystem::path PathOf(std::string_view digest) const;

  const std::filesystem::path root_;
};

}  // namespace atelier::server
