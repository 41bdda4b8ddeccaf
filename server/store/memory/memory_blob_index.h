// MemoryBlobIndex: a BlobIndex that forgets with the process. For tests and for trying things out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/store/blob_index.h"

namespace atelier::server {

class MemoryBlobIndex : public BlobIndex {
 public:
  /// `clock` must outlive it.
  explicit MemoryBlobIndex(const Clock& clock = SystemClock()) : clock_(clock) {}

  Result<std::optional<int64_t>> BeginPut(const std::string& digest, const std::string& object,
                                          int64_t bytes, int64_t max_bytes) override;
  Result<std::optional<Stored>> EndPut(const std::string& object) override;
  Status AbandonPut(const std::string& object) override;
  Result<std::optional<IndexedBlob>> Find(const std::string& digest) override;
  Result<bool> Touch(const std::string& digest) override;
  Result<std::vector<IndexedBlob>> List(int limit, int64_t before_ns,
                                        const std::string& before_digest) override;
  Result<int64_t> Bytes() override;
  Result<int64_t> NowMs() override;
  Result<std::vector<UnusedBlob>> ListUnused(int limit, std::chrono::milliseconds unused_for,
                                             const UnusedPlace& after = {}) override;
  Result<bool> RemoveUnused(const std::string& digest,
                            std::chrono::milliseconds unused_for) override;
  Result<bool> RemoveClaimed(const std::string& digest, const std::string& holder,
                             std::optional<int64_t> last_use = {}) override;
  Result<int64_t> RemoveUploads(std::chrono::milliseconds unused_for) override;
  Result<std::vector<std::string>> ListGarbage(int limit, const std::string& after = {}) override;
  Status ForgetGarbage(const std::vector<std::string>& objects) override;
  Status RenewHolder(const std::string& holder, std::chrono::milliseconds ttl) override;
  Status RemoveHolder(const std::string& holder) override;
  Result<bool> Pin(const std::string& digest, const std::string& holder, int64_t pin) override;
  Status Unpin(const std::string& holder, const std::vector<int64_t>& pins) override;
  Result<bool> BeginDeletion(const std::string& digest, const std::string& holder) override;
  Status EndDeletion(const std::string& digest, const std::string& holder) override;

 private:
  struct Row {
    IndexedBlob blob;
    int64_t used_ms = 0;
    int64_t last_use = 0;
  };
  struct Upload {
    std::string digest;
    int64_t bytes = 0;
    int64_t begin_ms = 0;
  };
  struct PinKey {
    std::string digest, holder;
    int64_t number = 0;
    auto operator<=>(const PinKey&) const = default;
  };

  int64_t WallMs() const;
  int64_t BytesLocked() const REQUIRES(mutex_);
  // Notes a use of the row and returns its number.
  int64_t Use(Row& row) REQUIRES(mutex_);
  void MakeGarbage(std::map<std::string, Row>::iterator row) REQUIRES(mutex_);
  bool Counts(const std::string& holder) const REQUIRES(mutex_);
  bool IsPinned(const std::string& digest) const REQUIRES(mutex_);
  bool IsClaimed(const std::string& digest) const REQUIRES(mutex_);
  void Forget(const std::string& holder) REQUIRES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  int64_t last_use_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, Row> blobs_ GUARDED_BY(mutex_);        // By digest.
  std::map<std::string, Upload> uploads_ GUARDED_BY(mutex_);   // By object.
  std::set<std::string> garbage_ GUARDED_BY(mutex_);           // Objects.
  std::map<std::string, int64_t> holders_ GUARDED_BY(mutex_);  // Until when they count, ms.
  std::set<PinKey> pins_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> claims_ GUARDED_BY(mutex_);  // Holders by digest.
};

}  // namespace atelier::server
