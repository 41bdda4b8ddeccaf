// MemoryStore: a JobStore that forgets with the process. For tests and for trying things out.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "server/jobs/job_store.h"

namespace atelier::server {

class MemoryStore final : public JobStore {
 public:
  Result<Inserted> Insert(const JobRecord& job, int64_t max_queued) override;
  Result<JobRecord> Get(const std::string& id) override;
  Result<std::optional<JobRecord>> FindRequest(const std::string& request_id) override;
  Result<std::vector<JobRecord>> List(int limit, int64_t before_sequence) override;
  Result<std::vector<JobRecord>> ListRunning() override;
  Result<Counts> Count() override;
  Result<int64_t> CountAhead(int64_t sequence) override;
  Result<JobRecord> Update(const std::string& id, const Mutation& mutate) override;
  Result<std::vector<JobRecord>> TakeQueued(const std::vector<std::string>& models, int max_jobs,
                                            const Mutation& mutate) override;
  Status PutModel(const std::string& name, const std::string& model) override;
  Result<std::vector<std::pair<std::string, std::string>>> ListModels() override;

 private:
  // Writes `job` over its row and keeps the indexes true.
  void Replace(const JobRecord& job);

  std::mutex mutex_;
  // Guarded by mutex_:
  int64_t last_sequence_ = 0;
  std::map<int64_t, JobRecord> jobs_;
  std::unordered_map<std::string, int64_t> by_id_;
  std::unordered_map<std::string, int64_t> by_request_;
  std::set<int64_t> queued_;
  std::set<int64_t> running_;
  std::map<std::string, std::string> models_;
};

}  // namespace atelier::server
