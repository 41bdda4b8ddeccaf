#include "server/store/memory/memory_store.h"

#include <algorithm>
#include <iterator>

namespace atelier::server {

Result<JobStore::Inserted> MemoryStore::Insert(const JobRecord& job, const QueueLimits& limits) {
  const MutexLock lock(mutex_);
  if (!job.request_id.empty()) {
    const auto found = by_request_.find({job.tenant, job.request_id});
    if (found != by_request_.end()) {
      const JobRecord& older = jobs_.at(found->second);
      if (older.request_hash != job.request_hash) return RequestIdReused(job.request_id);
      return Inserted{older, true};
    }
  }
  if (queued_ >= limits.queued) return QueueFull(limits.queued);
  TenantLoad load;
  if (limits.step_pixels_per_tenant < std::numeric_limits<int64_t>::max()) {
    load = LoadOfLocked(job.tenant);
  } else if (const auto turn = turns_.find(job.tenant); turn != turns_.end()) {
    load.queued = turn->second.queued;
  }
  ATELIER_RETURN_IF_ERROR(CheckTenantLimits(job, load, limits));
  JobRecord added = job;
  added.sequence = ++last_sequence_;
  added.revision = 1;
  by_id_[added.id] = added.sequence;
  if (!added.request_id.empty()) by_request_[{added.tenant, added.request_id}] = added.sequence;
  Replace(added);
  return Inserted{added, false};
}

void MemoryStore::Replace(const JobRecord& job) {
  const auto before = jobs_.find(job.sequence);
  const bool was_queued = before != jobs_.end() && before->second.state == JobState::kQueued;
  // A job that stays queued leaves its tenant's turn as it is.
  const Turn turn = was_queued ? turns_.at(job.tenant) : Turn{};
  if (was_queued) Dequeue(before->second);
  const int64_t device_ms = before == jobs_.end() ? 0 : before->second.device_ms;
  const int64_t pictures = before == jobs_.end() ? 0 : before->second.pictures;
  if (job.device_ms != device_ms || job.pictures != pictures) {
    TenantUsage& used = used_[job.tenant];
    used.device_ms += job.device_ms - device_ms;
    used.pictures += job.pictures - pictures;
  }
  jobs_[job.sequence] = job;
  running_.erase(job.sequence);
  if (job.state == JobState::kQueued) Enqueue(job);
  if (was_queued && job.state == JobState::kQueued) turns_[job.tenant] = turn;
  if (job.state == JobState::kRunning) running_.insert(job.sequence);
  if (IsFinal(job.state)) finished_.insert({job.ended_ms, job.sequence});
  order_.Changed(job);
  loads_.Changed(job);
}

void MemoryStore::Enqueue(const JobRecord& job) {
  const Place place(job.rank_ms, job.sequence);
  lanes_[{job.model, job.tenant}].insert(place);
  batches_[{job.batch_key, job.tenant}].insert(place);
  if (job.expires_ms > 0) expiring_.insert({job.expires_ms, job.sequence});
  ++queued_;
  Turn& turn = turns_[job.tenant];
  if (turn.queued++ == 0) turn.number = ++last_turn_;
}

void MemoryStore::Dequeue(const JobRecord& job) {
  const auto leave = [&](std::map<Pair, std::set<Place>>& lines, const std::string& name) {
    const auto line = lines.find({name, job.tenant});
    line->second.erase({job.rank_ms, job.sequence});
    if (line->second.empty()) lines.erase(line);
  };
  leave(lanes_, job.model);
  leave(batches_, job.batch_key);
  expiring_.erase({job.expires_ms, job.sequence});
  --queued_;
  const auto turn = turns_.find(job.tenant);
  if (--turn->second.queued == 0) turns_.erase(turn);
}

Result<JobRecord> MemoryStore::Get(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return JobNotFound(id);
  return jobs_.at(found->second);
}

Result<std::optional<JobRecord>> MemoryStore::FindRequest(const std::string& tenant,
                                                          const std::string& request_id) {
  const MutexLock lock(mutex_);
  const auto found = by_request_.find({tenant, request_id});
  if (found == by_request_.end()) return std::optional<JobRecord>();
  return std::optional<JobRecord>(jobs_.at(found->second));
}

Result<std::vector<JobRecord>> MemoryStore::List(int limit, int64_t before_sequence,
                                                 const JobFilter& filter) {
  const MutexLock lock(mutex_);
  std::vector<JobRecord> page;
  for (auto it = jobs_.lower_bound(before_sequence);
       it != jobs_.begin() && static_cast<int>(page.size()) < limit;) {
    --it;
    if (Passes(filter, it->second)) page.push_back(it->second);
  }
  return page;
}

Result<std::vector<JobRecord>> MemoryStore::ListRunning() {
  const MutexLock lock(mutex_);
  std::vector<JobRecord> running;
  for (const int64_t sequence : running_) running.push_back(jobs_.at(sequence));
  return running;
}

Result<std::vector<JobRecord>> MemoryStore::ListUnleased() {
  const MutexLock lock(mutex_);
  std::vector<JobRecord> unleased;
  for (const int64_t sequence : running_) {
    const JobRecord& job = jobs_.at(sequence);
    if (!job.lease) unleased.push_back(job);
  }
  return unleased;
}

Status MemoryStore::ExtendLease(const std::string& id, const std::string& token,
                                int64_t deadline_ms) {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return LeaseLost(id);
  std::optional<Lease>& lease = jobs_.at(found->second).lease;
  if (!lease || lease->token != token) return LeaseLost(id);
  lease->deadline_ms = deadline_ms;
  return {};
}

Result<WorkerLoad> MemoryStore::LoadOf(const std::string& worker) { return loads_.Of(worker); }

Result<std::vector<JobLease>> MemoryStore::ListExpiredLeases(int64_t now_ms) {
  const MutexLock lock(mutex_);
  std::vector<JobLease> leases;
  for (const int64_t sequence : running_) {
    const JobRecord& job = jobs_.at(sequence);
    if (job.lease && job.lease->deadline_ms <= now_ms) leases.push_back({job.id, *job.lease});
  }
  return leases;
}

Result<JobStore::Counts> MemoryStore::Count() {
  const MutexLock lock(mutex_);
  return Counts{queued_, static_cast<int64_t>(running_.size()),
                static_cast<int64_t>(finished_.size())};
}

TenantLoad MemoryStore::LoadOfLocked(const std::string& tenant) const {
  TenantLoad load;
  for (const auto& [lane, places] : lanes_) {
    if (lane.second != tenant) continue;
    load.queued += static_cast<int64_t>(places.size());
    for (const Place& place : places) load.step_pixels += jobs_.at(place.second).step_pixels;
  }
  for (const int64_t sequence : running_) {
    const JobRecord& job = jobs_.at(sequence);
    if (job.tenant != tenant) continue;
    ++load.running;
    load.step_pixels += job.step_pixels;
  }
  return load;
}

Result<TenantLoad> MemoryStore::LoadOfTenant(const std::string& tenant) {
  const MutexLock lock(mutex_);
  return LoadOfLocked(tenant);
}

Result<std::vector<JobStore::QueuedOfModel>> MemoryStore::CountQueued() {
  const MutexLock lock(mutex_);
  std::map<std::string, QueuedOfModel> of_model;
  for (const auto& [lane, places] : lanes_) {
    for (const Place& place : places) {
      const JobRecord& job = jobs_.at(place.second);
      QueuedOfModel& row =
          of_model.try_emplace(job.model, QueuedOfModel{job.model, 0, job.queued_ms}).first->second;
      ++row.jobs;
      row.oldest_ms = std::min(row.oldest_ms, job.queued_ms);
    }
  }
  std::vector<QueuedOfModel> queued;
  for (auto& [model, row] : of_model) queued.push_back(std::move(row));
  return queued;
}

Result<int64_t> MemoryStore::CountAhead(const JobRecord& job) { return order_.Ahead(job); }

Result<JobRecord> MemoryStore::Update(const std::string& id, const Mutation& mutate,
                                      const std::vector<AssetOwner>& owners) {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return JobNotFound(id);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> mutated,
                           MutateAll({found->second}, mutate));
  for (const AssetOwner& owner : owners) {
    owners_.try_emplace({owner.digest, owner.tenant}, owner);
  }
  return mutated.front();
}

int64_t MemoryStore::RoomOf(const std::string& tenant, const RunningLimit& running_limit) const {
  if (!running_limit) return std::numeric_limits<int64_t>::max();
  return std::max<int64_t>(0, running_limit(tenant) - LoadOfLocked(tenant).running);
}

std::optional<std::string> MemoryStore::TenantInTurn(const std::vector<std::string>& models,
                                                     const RunningLimit& running_limit) const {
  const std::string* first = nullptr;
  for (const std::string& model : models) {
    for (auto lane = lanes_.lower_bound({model, ""});
         lane != lanes_.end() && lane->first.first == model; ++lane) {
      const std::string& tenant = lane->first.second;
      if (RoomOf(tenant, running_limit) == 0) continue;
      if (!first || turns_.at(tenant).number < turns_.at(*first).number) first = &tenant;
    }
  }
  return first ? std::optional<std::string>(*first) : std::nullopt;
}

std::vector<int64_t> MemoryStore::NextBatch(const std::vector<std::string>& models, size_t max_jobs,
                                            const RunningLimit& running_limit) const {
  const std::optional<std::string> tenant = TenantInTurn(models, running_limit);
  if (!tenant) return {};
  std::optional<Place> head;
  for (const std::string& model : models) {
    const auto lane = lanes_.find({model, *tenant});
    if (lane != lanes_.end() && (!head || *lane->second.begin() < *head)) {
      head = *lane->second.begin();
    }
  }
  const JobRecord& first = jobs_.at(head->second);
  std::vector<int64_t> batch;
  const auto take_from = [&](const std::string& whose) REQUIRES(mutex_) {
    const auto line = batches_.find({first.batch_key, whose});
    if (line == batches_.end()) return;
    int64_t room = RoomOf(whose, running_limit);
    for (const Place& place : line->second) {
      if (batch.size() < max_jobs && room-- > 0) batch.push_back(place.second);
    }
  };
  take_from(*tenant);
  std::map<int64_t, std::string> riders;  // By turn.
  for (auto lane = lanes_.lower_bound({first.model, ""});
       lane != lanes_.end() && lane->first.first == first.model; ++lane) {
    if (lane->first.second != *tenant) {
      riders[turns_.at(lane->first.second).number] = lane->first.second;
    }
  }
  int asked = 0;
  for (const auto& [turn, rider] : riders) {
    if (batch.size() < max_jobs && asked++ < kMaxRidingTenants) take_from(rider);
  }
  return batch;
}

Result<std::vector<JobRecord>> MemoryStore::MutateAll(const std::vector<int64_t>& sequences,
                                                      const Mutation& mutate) {
  std::vector<JobRecord> mutated;
  for (const int64_t sequence : sequences) {
    ATELIER_ASSIGN_OR_RETURN(mutated.emplace_back(), Mutated(jobs_.at(sequence), mutate));
  }
  for (const JobRecord& job : mutated) Replace(job);
  return mutated;
}

Result<std::vector<JobRecord>> MemoryStore::TakeQueued(const std::vector<std::string>& models,
                                                       int max_jobs, const Mutation& mutate,
                                                       const RunningLimit& running_limit) {
  const MutexLock lock(mutex_);
  const std::vector<int64_t> batch =
      NextBatch(models, static_cast<size_t>(max_jobs), running_limit);
  ATELIER_ASSIGN_OR_RETURN(std::vector<JobRecord> taken, MutateAll(batch, mutate));
  if (taken.empty()) return taken;
  const auto turn = turns_.find(taken.front().tenant);
  if (turn != turns_.end()) turn->second.number = ++last_turn_;
  return taken;
}

Result<std::vector<JobRecord>> MemoryStore::TakeOverdue(int64_t now_ms, int limit,
                                                        const Mutation& mutate) {
  const MutexLock lock(mutex_);
  std::vector<int64_t> overdue;
  for (const auto& [expires_ms, sequence] : expiring_) {
    if (expires_ms > now_ms || static_cast<int>(overdue.size()) >= limit) break;
    overdue.push_back(sequence);
  }
  return MutateAll(overdue, mutate);
}

void MemoryStore::Erase(const JobRecord& job) {
  by_id_.erase(job.id);
  if (!job.request_id.empty()) by_request_.erase({job.tenant, job.request_id});
  finished_.erase({job.ended_ms, job.sequence});
  jobs_.erase(job.sequence);  // Last: `job` may be that row.
}

Result<int64_t> MemoryStore::Prune(int64_t ended_before_ms, int64_t keep, int limit) {
  const MutexLock lock(mutex_);
  int64_t pruned = 0;
  while (pruned < limit && !finished_.empty()) {
    const auto [ended_ms, sequence] = *finished_.begin();
    const bool too_many = static_cast<int64_t>(finished_.size()) > keep;
    if (ended_ms >= ended_before_ms && !too_many) break;
    Erase(jobs_.at(sequence));
    ++pruned;
  }
  return pruned;
}

Result<int64_t> MemoryStore::PruneTenant(const std::string& tenant, int limit) {
  const MutexLock lock(mutex_);
  std::vector<JobRecord> gone;
  for (const auto& [ended_ms, sequence] : finished_) {
    if (static_cast<int>(gone.size()) == limit) break;
    const JobRecord& job = jobs_.at(sequence);
    if (job.tenant == tenant) gone.push_back(job);
  }
  for (const JobRecord& job : gone) Erase(job);
  return static_cast<int64_t>(gone.size());
}

Status MemoryStore::Delete(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return JobNotFound(id);
  const JobRecord& job = jobs_.at(found->second);
  if (!IsFinal(job.state)) return JobNotFinished(job);
  Erase(job);
  return {};
}

Result<int64_t> MemoryStore::LatestMs() {
  const MutexLock lock(mutex_);
  int64_t latest = 0;
  for (const auto& [sequence, job] : jobs_) {
    latest = std::max({latest, job.queued_ms, job.started_ms, job.ended_ms});
  }
  return latest;
}

Status MemoryStore::PutModel(const std::string& name, const std::string& model) {
  const MutexLock lock(mutex_);
  models_[name] = model;
  return {};
}

Status MemoryStore::RemoveModel(const std::string& name) {
  const MutexLock lock(mutex_);
  models_.erase(name);
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> MemoryStore::ListModels() {
  const MutexLock lock(mutex_);
  return std::vector<std::pair<std::string, std::string>>(models_.begin(), models_.end());
}

PendingWrite MemoryStore::AddAssetOwner(const AssetOwner& owner) {
  const MutexLock lock(mutex_);
  owners_.try_emplace({owner.digest, owner.tenant}, owner);
  return PendingWrite(Status());
}

Result<std::vector<AssetOwner>> MemoryStore::ListAssetOwners(const std::string& digest) {
  const MutexLock lock(mutex_);
  std::vector<AssetOwner> owners;
  for (auto row = owners_.lower_bound({digest, ""});
       row != owners_.end() && row->first.first == digest; ++row) {
    owners.push_back(row->second);
  }
  return owners;
}

Status MemoryStore::RemoveAssetOwners(const std::string& digest) {
  const MutexLock lock(mutex_);
  std::erase_if(owners_, [&](const auto& row) { return row.first.first == digest; });
  return {};
}

Result<std::optional<AssetOwner>> MemoryStore::FindAssetOwner(const std::string& digest,
                                                              const std::string& tenant) {
  const MutexLock lock(mutex_);
  const auto found = owners_.find({digest, tenant});
  if (found == owners_.end()) return std::optional<AssetOwner>();
  return std::optional<AssetOwner>(found->second);
}

Result<std::vector<AssetOwner>> MemoryStore::ListAssetsOf(const std::string& tenant, int limit,
                                                          const AssetPlace& after) {
  const MutexLock lock(mutex_);
  const auto place = [](int64_t time_ms, const std::string& digest) {
    return std::pair(-time_ms, digest);
  };
  std::map<std::pair<int64_t, std::string>, AssetOwner> sorted;
  for (const auto& [key, owner] : owners_) {
    const auto at = place(owner.create_time_ms, owner.digest);
    const bool behind = at > place(after.create_time_ms, after.digest);
    if (owner.tenant == tenant && behind) sorted.emplace(at, owner);
  }
  std::vector<AssetOwner> listed;
  for (const auto& [at, owner] : sorted) {
    if (static_cast<int>(listed.size()) == limit) break;
    listed.push_back(owner);
  }
  return listed;
}

Status MemoryStore::RemoveAssetOwner(const std::string& digest, const std::string& tenant) {
  const MutexLock lock(mutex_);
  owners_.erase({digest, tenant});
  return {};
}

Status MemoryStore::PutToken(const TokenRecord& token) {
  const MutexLock lock(mutex_);
  tokens_[token.id] = token;
  return {};
}

Result<std::vector<TokenRecord>> MemoryStore::ListTokens() {
  const MutexLock lock(mutex_);
  std::vector<TokenRecord> tokens;
  for (const auto& [id, token] : tokens_) tokens.push_back(token);
  return tokens;
}

Result<int64_t> MemoryStore::RemoveTokensOf(const std::string& tenant) {
  const MutexLock lock(mutex_);
  return static_cast<int64_t>(
      std::erase_if(tokens_, [&](const auto& row) { return row.second.tenant == tenant; }));
}

Result<std::vector<std::string>> MemoryStore::ListUnsizedAssets(int limit) {
  const MutexLock lock(mutex_);
  std::set<std::string> digests;
  for (const auto& [key, owner] : owners_) {
    if (owner.bytes == 0 && static_cast<int>(digests.size()) < limit) digests.insert(owner.digest);
  }
  return std::vector<std::string>(digests.begin(), digests.end());
}

Status MemoryStore::SetAssetBytes(const std::string& digest, int64_t bytes) {
  const MutexLock lock(mutex_);
  for (auto& [key, owner] : owners_) {
    if (owner.digest == digest && owner.bytes == 0) owner.bytes = bytes;
  }
  return {};
}

TenantUsage MemoryStore::UsageOfLocked(const std::string& tenant) const {
  const auto used = used_.find(tenant);
  TenantUsage usage = used == used_.end() ? TenantUsage() : used->second;
  usage.tenant = tenant;
  for (const auto& [key, owner] : owners_) {
    if (owner.tenant == tenant) usage.stored_bytes += owner.bytes;
  }
  return usage;
}

Result<TenantUsage> MemoryStore::UsageOf(const std::string& tenant) {
  const MutexLock lock(mutex_);
  return UsageOfLocked(tenant);
}

Result<std::vector<TenantUsage>> MemoryStore::ListUsage() {
  const MutexLock lock(mutex_);
  std::map<std::string, TenantUsage> of_tenant = used_;
  for (const auto& [key, owner] : owners_) {
    if (owner.bytes > 0) of_tenant[owner.tenant].stored_bytes += owner.bytes;
  }
  std::vector<TenantUsage> usage;
  for (auto& [tenant, used] : of_tenant) {
    used.tenant = tenant;
    usage.push_back(std::move(used));
  }
  return usage;
}

}  // namespace atelier::server
