// MemoryStore: a JobStore that forgets with the process. For tests and for trying things out.
#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "base/mutex.h"
#include "server/store/job_store.h"
#include "server/store/queue_order.h"
#include "server/store/token_store.h"
#include "server/store/worker_loads.h"

namespace atelier::server {

class MemoryStore : public JobStore, public TokenStore {
 public:
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

 private:
  using Place = std::pair<int64_t, int64_t>;  // rank_ms or another time, sequence
  using Pair = std::pair<std::string, std::string>;
  struct Turn {
    int64_t number = 0;
    int64_t queued = 0;
  };

  // Writes `job` over its row and keeps the indexes true.
  void Replace(const JobRecord& job) REQUIRES(mutex_);
  void Enqueue(const JobRecord& job) REQUIRES(mutex_);
  void Dequeue(const JobRecord& job) REQUIRES(mutex_);
  void Erase(const JobRecord& job) REQUIRES(mutex_);
  TenantLoad LoadOfLocked(const std::string& tenant) const REQUIRES(mutex_);
  TenantUsage UsageOfLocked(const std::string& tenant) const REQUIRES(mutex_);
  // How many more jobs of the tenant may run.
  int64_t RoomOf(const std::string& tenant, const RunningLimit& running_limit) const
      REQUIRES(mutex_);
  std::optional<std::string> TenantInTurn(const std::vector<std::string>& models,
                                          const RunningLimit& running_limit) const REQUIRES(mutex_);
  // The sequences that TakeQueued() would take.
  std::vector<int64_t> NextBatch(const std::vector<std::string>& models, size_t max_jobs,
                                 const RunningLimit& running_limit) const REQUIRES(mutex_);
  Result<std::vector<JobRecord>> MutateAll(const std::vector<int64_t>& sequences,
                                           const Mutation& mutate) REQUIRES(mutex_);

  Mutex mutex_;
  int64_t last_sequence_ GUARDED_BY(mutex_) = 0;
  int64_t last_turn_ GUARDED_BY(mutex_) = 0;
  std::map<int64_t, JobRecord> jobs_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, int64_t> by_id_ GUARDED_BY(mutex_);
  std::map<Pair, int64_t> by_request_ GUARDED_BY(mutex_);       // tenant, request_id
  std::map<Pair, std::set<Place>> lanes_ GUARDED_BY(mutex_);    // model, tenant
  std::map<Pair, std::set<Place>> batches_ GUARDED_BY(mutex_);  // batch_key, tenant
  std::map<std::string, Turn> turns_ GUARDED_BY(mutex_);        // Of tenants with queued jobs.
  std::set<Place> expiring_ GUARDED_BY(mutex_);
  std::set<Place> finished_ GUARDED_BY(mutex_);  // By ended_ms.
  std::set<int64_t> running_ GUARDED_BY(mutex_);
  int64_t queued_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::string> models_ GUARDED_BY(mutex_);
  std::map<std::string, TokenRecord> tokens_ GUARDED_BY(mutex_);
  std::map<Pair, AssetOwner> owners_ GUARDED_BY(mutex_);        // digest, tenant
  std::map<std::string, TenantUsage> used_ GUARDED_BY(mutex_);  // Without stored_bytes.
  QueueOrder order_;
  WorkerLoads loads_;
};

}  // namespace atelier::server
