// FolderBlobStore: blobs as files ROOT/ab/cd/abcd..., made in ROOT/tmp and renamed into place, so
// that a file under its digest is always whole. A file's mtime is when it was first stored, its
// atime when it was last used.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

class FolderBlobStore final : public BlobStore {
 public:
  struct Options {
    /// Bytes of all blobs beyond which clients' are refused; 0: as many as the disk holds. Leave
    /// room on the disk above it: results are stored over it.
    int64_t max_bytes = 0;
  };

  /// Makes the folder when it is not there, sweeps what a crash left in its tmp and adds up its
  /// files. One process may use a folder at a time. `clock` must outlive the store.
  static Result<std::unique_ptr<FolderBlobStore>> Open(const std::filesystem::path& root,
                                                       Options options,
                                                       const Clock& clock = SystemClock());
  static Result<std::unique_ptr<FolderBlobStore>> Open(const std::filesystem::path& root) {
    return Open(root, Options());
  }

  Result<std::string> Put(std::string_view bytes, Origin origin = Origin::kClient) override;
  Result<std::string> Get(std::string_view digest) override;
  Result<BlobInfo> Stat(std::string_view digest) override;
  Status Touch(std::string_view digest) override;
  Result<Swept> Sweep(const Digests& named, std::chrono::milliseconds unused_for) override;
  int64_t bytes() const override;

 private:
  // A blob that this process used.
  struct Use {
    Clock::Monotonic time;
    /// Its entry in its folder is on disk.
    bool synced = true;
  };

  FolderBlobStore(std::filesystem::path root, Options options, const Clock& clock)
      : root_(std::move(root)), options_(options), clock_(clock) {}
  std::filesystem::path PathOf(std::string_view digest) const;
  // Writes `bytes` into place; `digest` is not there yet, or no longer than a moment.
  Status Store(const std::string& digest, std::string_view bytes);
  Status Reserve(int64_t bytes, Origin origin);
  void Release(int64_t bytes);
  // Marks a file that is there as used now. False when it is not there.
  // REQUIRES: mutex_ is held.
  bool MarkUsed(const std::string& digest);
  // Removes the file unless it was used; returns its size, or -1.
  int64_t RemoveIfUnused(const std::filesystem::path& path, std::chrono::milliseconds unused_for);

  const std::filesystem::path root_;
  const Options options_;
  const Clock& clock_;
  // A file comes into place, is marked as used, or is removed under it alone.
  mutable std::mutex mutex_;
  int64_t bytes_ = 0;                          // Guarded by mutex_; with those being written.
  std::unordered_map<std::string, Use> used_;  // By digest; guarded by mutex_.
};

}  // namespace atelier::server
