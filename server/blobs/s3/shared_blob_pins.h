// SharedBlobPins: pins of blobs that several servers share, kept in a BlobIndex. They count while
// this process renews itself; what it leaves behind when it is killed counts for kHolderTtl more.
//
// A server that stands still for longer than that loses its pins. A blob that it was about to name
// in a job may then be deleted, though only by whoever asks for that: a collection spares what was
// used a short while ago.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "server/blobs/blob_pins.h"
#include "server/store/blob_index.h"

namespace atelier::server {

class SharedBlobPins final : public BlobPins {
 public:
  static constexpr std::chrono::minutes kHolderTtl{1};

  /// `index` must outlive it. Renew() must be called before it is used.
  explicit SharedBlobPins(BlobIndex& index);
  /// Pins that are left are forgotten. REQUIRES: no Pin lives.
  ~SharedBlobPins() override;

  /// UNAVAILABLE / BLOB_BUSY when the blob's deletion does not end.
  Result<Pin> Hold(const std::string& digest) override;
  Result<bool> BeginDeletion(const std::string& digest) override;
  void EndDeletion(const std::string& digest) override;

  Status Renew() { return index_.RenewHolder(holder_, kHolderTtl); }
  /// Who this process is among the holders.
  const std::string& holder() const { return holder_; }

 private:
  void Release(const std::string& digest, int64_t number) override;
  // Asks again when this process has to be renewed first.
  Result<bool> AskRenewed(const std::function<Result<bool>()>& ask);
  // Tells the index of what has ended, and renews the holder.
  void Loop();
  Status FlushEnded();
  // Tells it until it hears.
  void EndDeletionLater(const std::string& digest);

  BlobIndex& index_;
  const std::string holder_;
  std::atomic<int64_t> last_pin_ = 0;
  // One flush at a time, so that one that returns has told of all that was released before.
  Mutex flushing_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<int64_t> released_ GUARDED_BY(mutex_);
  // What this process deletes, or did until the index was told of the end.
  std::unordered_set<std::string> deleting_ GUARDED_BY(mutex_);
  // Deletions whose end the index could not be told, or whose beginning it did not answer.
  std::vector<std::string> ended_deletions_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace atelier::server
