// FolderBlobStore: blobs as files ROOT/ab/cd/abcd..., made in ROOT/tmp and renamed into place, so
// that a file under its digest is always whole. A file's mtime is when it was first stored, its
// atime when it was last used.
#pragma once

#include <array>
#include <bitset>
#include <filesystem>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/blobs/blob_store.h"
#include "server/storage/storage_failure.h"

namespace atelier::server {

class FolderBlobStore final : public BlobStore {
 public:
  struct Options {
    /// Bytes of all blobs beyond which clients' are refused; 0: as many as the disk holds. Leave
    /// room on the disk above it: results are stored over it.
    int64_t max_bytes = 0;
    /// Told of pictures that could not be written or removed.
    OnStorageFailure on_failure = {};
  };

  /// Makes the folder when it is not there, sweeps what a crash left in its tmp and adds up its
  /// files. One process may use a folder at a time. `clock` must outlive the store.
  static Result<std::unique_ptr<FolderBlobStore>> Open(const std::filesystem::path& root,
                                                       Options options,
                                                       const Clock& clock = SystemClock());
  static Result<std::unique_ptr<FolderBlobStore>> Open(const std::filesystem::path& root) {
    return Open(root, Options());
  }

  Status PutAs(const std::string& digest, std::string_view bytes, Origin origin,
               BlobUse* use = nullptr) override;
  Result<std::string> Get(std::string_view digest) override;
  Result<std::string> GetFirst(std::string_view digest, int64_t count) override;
  Result<BlobInfo> Stat(std::string_view digest) override;
  Status Touch(std::string_view digest) override;
  Result<std::vector<BlobPlace>> List(int limit, const BlobPlace& after = {}) override;
  Status Remove(std::string_view digest) override;
  bool TakeBack(std::string_view digest, const BlobUse& use) override;
  Result<Swept> Sweep(const Digests& named, std::chrono::milliseconds unused_for) override;
  int64_t bytes() const override;
  BlobPins& pins() override { return pins_; }

 private:
  // A blob that this process used.
  struct Use {
    Clock::Monotonic time;
    /// Its entry in its folder is on disk.
    bool synced = true;
    /// BlobUse::number of the last one.
    uint64_t number = 0;
  };
  // When it was first stored (nanoseconds) and its digest's 32 bytes: 80 bytes of memory a blob.
  using Place = std::pair<int64_t, std::array<uint8_t, 32>>;

  FolderBlobStore(std::filesystem::path root, Options options, const Clock& clock)
      : root_(std::move(root)), options_(std::move(options)), clock_(clock) {}
  std::filesystem::path PathOf(std::string_view digest) const;
  // PutAs() and Remove(), as yet told to nobody.
  Status PutBytes(const std::string& digest, std::string_view bytes, Origin origin, BlobUse& use);
  Status RemoveFile(std::string_view digest);
  // Writes `bytes` into place; `digest` is not there yet, or no longer than a moment.
  Status Store(const std::string& digest, std::string_view bytes, BlobUse& use);
  // Makes ROOT/ab/cd for the digest abcd... They are on disk when this returns.
  Status MakeFolders(std::string_view digest);
  Status Reserve(int64_t bytes, Origin origin);
  void Release(int64_t bytes);
  // Marks a file that is there as used now. False when it is not there.
  bool MarkUsed(const std::string& digest) REQUIRES(mutex_);
  // Removes the file unless it was used; returns its size, or -1.
  int64_t RemoveIfUnused(const std::filesystem::path& path, std::chrono::milliseconds unused_for);
  // Takes a file that is there into the list.
  void AddPlace(const std::string& digest) REQUIRES(mutex_);
  // Removes a file, from the list as well; returns its size, or -1.
  int64_t Unlink(const std::string& digest) REQUIRES(mutex_);

  const std::filesystem::path root_;
  const Options options_;
  const Clock& clock_;
  ProcessBlobPins pins_;
  // A file comes into place, is marked as used, or is removed under it alone.
  mutable Mutex mutex_;
  int64_t bytes_ GUARDED_BY(mutex_) = 0;  // With those being written.
  // Folders ab/cd that this process brought to disk: one that is there may be one that another
  // thread has only just made.
  std::bitset<65536> synced_leaves_ GUARDED_BY(mutex_);
  std::set<Place> places_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Use> used_ GUARDED_BY(mutex_);  // By digest.
  uint64_t last_use_ GUARDED_BY(mutex_) = 0;
};

}  // namespace atelier::server
