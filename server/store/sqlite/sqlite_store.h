// SqliteStore: jobs in one SQLite file, the default store. Writes go through one group-committing
// thread; reads use a connection of their own and never wait for a sync.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/store/queue_order.h"
#include "server/store/server_store.h"
#include "server/store/sqlite/blob_rows.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/group_commit.h"
#include "server/store/worker_loads.h"

namespace atelier::server {

class SqliteStore final : public ServerStore {
 public:
  /// Opens or makes `path` and takes it to the newest schema. `clock`, the blob index's, must
  /// outlive the store.
  static Result<std::unique_ptr<SqliteStore>> Open(const std::string& path,
                                                   OnStorageFailure on_failure = {},
                                                   const Clock& clock = SystemClock());

  Result<Inserted> Insert(const JobRecord& job, const QueueLimits& limits) override;
  Result<JobRecord> Get(const std::string& id) override;
  Result<std::optional<JobRecord>> FindRequest(const std::string& tenant,
                                               const std::string& request_id) override;
  Result<std::vector<JobRecord>> List(int limit, int64_t before_sequence,
                                      const JobFilter& filter = {}) override;
  Result<std::vector<JobRecord>> ListRunning() override;
  Result<std::vector<JobRecord>> ListUnleased() override;
  Status ExtendLease(const std::string& id, const std::string& token, int64_t deadline_ms) override;
  Result<WorkerLoad> LoadOf(const std::string& worker) override;
  Result<std::vector<JobLease>> ListExpiredLeases(int64_t now_ms) override;
  Result<Counts> Count() override;
  Result<TenantLoad> LoadOfTenant(const std::string& tenant) override;
  Result<std::vector<QueuedOfModel>> CountQueued() override;
  Result<int64_t> CountAhead(const JobRecord& job) override;
  Result<JobRecord> Update(const std::string& id, const Mutation& mutate,
                           const std::vector<AssetOwner>& owners = {}) override;
  Result<std::vector<JobRecord>> TakeQueued(const std::vector<std::string>& models, int max_jobs,
                                            const Mutation& mutate,
                                            const RunningLimit& running_limit = nullptr) override;
  Result<std::vector<JobRecord>> TakeOverdue(int64_t now_ms, int limit,
                                             const Mutation& mutate) override;
  Result<int64_t> Prune(int64_t ended_before_ms, int64_t keep, int limit) override;
  Result<int64_t> PruneTenant(const std::string& tenant, int limit) override;
  Status Delete(const std::string& id) override;
  Result<int64_t> LatestMs() override;
  Status PutModel(const std::string& name, const std::string& model) override;
  Status RemoveModel(const std::string& name) override;
  Result<std::vector<std::pair<std::string, std::string>>> ListModels() override;
  PendingWrite AddAssetOwner(const AssetOwner& owner) override;
  Result<std::vector<AssetOwner>> ListAssetOwners(const std::string& digest) override;
  Status RemoveAssetOwners(const std::string& digest) override;
  Result<std::optional<AssetOwner>> FindAssetOwner(const std::string& digest,
                                                   const std::string& tenant) override;
  Result<std::vector<AssetOwner>> ListAssetsOf(const std::string& tenant, int limit,
                                               const AssetPlace& after = {}) override;
  Status RemoveAssetOwner(const std::string& digest, const std::string& tenant) override;
  Status PutToken(const TokenRecord& token) override;
  Result<std::vector<TokenRecord>> ListTokens() override;
  Result<int64_t> RemoveTokensOf(const std::string& tenant) override;
  Result<std::vector<std::string>> ListUnsizedAssets(int limit) override;
  Status SetAssetBytes(const std::string& digest, int64_t bytes) override;
  Result<TenantUsage> UsageOf(const std::string& tenant) override;
  Result<std::vector<TenantUsage>> ListUsage() override;
  BlobIndex& blob_index() override { return blob_index_; }

 private:
  struct Databases {
    std::unique_ptr<Database> writing, reading, reading_blobs;
  };
  SqliteStore(Databases databases, OnStorageFailure on_failure, const Clock& clock);

  // Fills order_ with what is queued, loads_ with what is leased.
  Status LoadOrder();
  Status LoadLeases();
  // Runs `work`, which changes `changed`, as one transaction.
  Status Write(const GroupCommit::Work& work, const std::vector<JobRecord>& changed);

  const std::unique_ptr<Database> writing_;
  Mutex reading_mutex_;
  const std::unique_ptr<Database> reading_ PT_GUARDED_BY(reading_mutex_);
  QueueOrder order_;    // Changed by the writer's thread alone.
  WorkerLoads loads_;   // So is it.
  GroupCommit writer_;  // Its thread uses those above.
  SqliteBlobIndex blob_index_;
};

}  // namespace atelier::server
