// SqliteStore: jobs in one SQLite file, the default store. Writes go through one group-committing
// thread; reads use a connection of their own and never wait for a sync.
#pragma once

#include <memory>
#include <mutex>

#include "server/jobs/job_store.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/group_commit.h"

namespace atelier::server {

class SqliteStore final : public JobStore {
 public:
  /// Opens or makes `path` and takes it to the newest schema.
  static Result<std::unique_ptr<SqliteStore>> Open(const std::string& path);

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
  SqliteStore(std::unique_ptr<Database> writing, std::unique_ptr<Database> reading);

  const std::unique_ptr<Database> writing_;
  std::mutex reading_mutex_;
  const std::unique_ptr<Database> reading_;  // Guarded by reading_mutex_.
  GroupCommit writer_;                       // Last: its thread uses writing_.
};

}  // namespace atelier::server
