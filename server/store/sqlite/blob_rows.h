// SqliteBlobIndex: the rows of BlobIndex in the file of a SqliteStore (migrations/0009_blobs.sql).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/store/blob_index.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/group_commit.h"

namespace atelier::server {

class SqliteBlobIndex final : public BlobIndex {
 public:
  /// Writes through `writer`. References must outlive it.
  SqliteBlobIndex(GroupCommit& writer, std::unique_ptr<Database> reading, const Clock& clock)
      : writer_(writer), reading_(std::move(reading)), clock_(clock) {}

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
  int64_t WallMs() const;

  GroupCommit& writer_;
  Mutex mutex_;
  const std::unique_ptr<Database> reading_ PT_GUARDED_BY(mutex_);
  const Clock& clock_;
};

}  // namespace atelier::server
