// PostgresStore: jobs in a PostgreSQL database. Every method is a transaction of its own on one of
// a pool of connections; nothing is kept in memory, so that several servers may share a database
// (SharedStore).
//
// While PostgreSQL is away, calls are UNAVAILABLE (STORE_UNAVAILABLE) and may be made again.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "server/storage/storage_failure.h"
#include "server/store/postgres/blob_rows.h"
#include "server/store/postgres/connection_pool.h"
#include "server/store/server_store.h"

namespace atelier::server {

class PostgresStore final : public ServerStore, public SharedStore {
 public:
  /// Connects, and takes the schema (the first of the URL's search_path) to the newest version.
  static Result<std::unique_ptr<PostgresStore>> Open(const postgres::PoolOptions& options,
                                                     OnStorageFailure on_failure = {});

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

  SharedStore* shared() override { return this; }
  Result<int64_t> NowMs() override;
  Result<std::unique_ptr<NewsLink>> OpenNewsLink() override;
  Result<std::vector<JobStanding>> ListStandings(const std::vector<std::string>& ids) override;
  Status PutWorker(const std::string& name, const std::string& registration) override;
  Result<bool> TouchWorker(const std::string& name) override;
  Status AddLostLease(const std::string& name) override;
  Status RemoveWorker(const std::string& name) override;
  Status RemoveSilentWorkers(std::chrono::milliseconds silence) override;
  Result<std::optional<WorkerRow>> FindWorker(const std::string& name) override;
  Result<std::vector<WorkerRow>> ListWorkers() override;
  Status PutPreview(const std::string& job, const std::string& preview) override;
  Result<std::string> FindPreview(const std::string& job) override;
  Status RemoveOldPreviews() override;

 private:
  PostgresStore(postgres::ConnectionOptions connection,
                std::unique_ptr<postgres::ConnectionPool> pool, OnStorageFailure on_failure)
      : connection_(std::move(connection)),
        pool_(std::move(pool)),
        on_failure_(std::move(on_failure)),
        blob_index_(*pool_, on_failure_) {}

  Status Write(const postgres::ConnectionPool::Work& work);

  // Of what a crash of the database may undo.
  Status WriteLoosely(const postgres::ConnectionPool::Work& work);

  // Calls that take jobs go one after another (NextBatch): they wait here rather than with a
  // connection each. Two, so that one is ready when the other ends.
  static constexpr int kTakingAtOnce = 2;
  Status BeginTaking();
  void EndTaking();

  const postgres::ConnectionOptions connection_;
  const std::unique_ptr<postgres::ConnectionPool> pool_;
  const OnStorageFailure on_failure_;
  PostgresBlobIndex blob_index_;
  Mutex taking_mutex_;
  ConditionVariable took_;
  int taking_ GUARDED_BY(taking_mutex_) = 0;
};

}  // namespace atelier::server
