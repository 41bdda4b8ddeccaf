// PostgresBlobIndex: the rows of BlobIndex in the database of a PostgresStore
// (migrations/0002_blobs.sql).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/storage/storage_failure.h"
#include "server/store/blob_index.h"
#include "server/store/postgres/connection_pool.h"

namespace atelier::server {

class PostgresBlobIndex final : public BlobIndex {
 public:
  /// `pool`, whose database has the newest schema, must outlive it.
  PostgresBlobIndex(postgres::ConnectionPool& pool, OnStorageFailure on_failure)
      : pool_(pool), on_failure_(std::move(on_failure)) {}

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
  Status Write(const postgres::ConnectionPool::Work& work);
  // The same while nobody else changes the blob's pins and deletion.
  Status WriteLocked(const std::string& digest, const postgres::ConnectionPool::Work& work);

  postgres::ConnectionPool& pool_;
  const OnStorageFailure on_failure_;
};

}  // namespace atelier::server
