// JobStore: the durable table of jobs and of models that workers ever held.
//
// Every method is one transaction: when a writing method returns a value, that value is on disk.
// Stores keep rows and know nothing of the state machine; JobQueue hands them mutations. All
// methods are thread-safe. A store belongs to one server process at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "server/jobs/job_record.h"

namespace atelier::server {

class JobStore {
 public:
  /// Changes a record inside a transaction; an error leaves the row as it was and is the caller's
  /// answer. Must be quick and call no store. `sequence` and `id` may not change.
  using Mutation = std::function<Status(JobRecord&)>;

  struct Inserted {
    JobRecord job;
    /// The request_id came before with the same body: `job` is that older job.
    bool joined = false;
  };

  struct Counts {
    int64_t queued = 0;
    int64_t running = 0;
  };

  virtual ~JobStore() = default;

  /// Adds `job` (its sequence is ignored and given). ALREADY_EXISTS / REQUEST_ID_REUSED when its
  /// request_id came before with another request_hash; RESOURCE_EXHAUSTED / QUEUE_FULL when
  /// max_queued jobs wait already. Joining an older job works in a full queue too.
  virtual Result<Inserted> Insert(const JobRecord& job, int64_t max_queued) = 0;

  /// NOT_FOUND / JOB_NOT_FOUND when there is none.
  virtual Result<JobRecord> Get(const std::string& id) = 0;

  virtual Result<std::optional<JobRecord>> FindRequest(const std::string& request_id) = 0;

  /// Up to `limit` jobs, newest first, whose sequence is below `before_sequence`.
  virtual Result<std::vector<JobRecord>> List(int limit, int64_t before_sequence) = 0;

  virtual Result<std::vector<JobRecord>> ListRunning() = 0;

  virtual Result<Counts> Count() = 0;

  /// Queued jobs with a sequence below `sequence`.
  virtual Result<int64_t> CountAhead(int64_t sequence) = 0;

  /// The record after `mutate`. NOT_FOUND / JOB_NOT_FOUND when there is none.
  virtual Result<JobRecord> Update(const std::string& id, const Mutation& mutate) = 0;

  /// The oldest queued job of one of `models` and the next oldest ones of its batch key, up to
  /// `max_jobs`, each after `mutate`. Empty when none waits.
  virtual Result<std::vector<JobRecord>> TakeQueued(const std::vector<std::string>& models,
                                                    int max_jobs, const Mutation& mutate) = 0;

  /// Remembers a model (serialised atelier.v1.Model) by name; the newest description stays.
  virtual Status PutModel(const std::string& name, const std::string& model) = 0;

  /// (name, serialised model), by name.
  virtual Result<std::vector<std::pair<std::string, std::string>>> ListModels() = 0;
};

/// The errors of the methods above, the same from every store.
Unexpected JobNotFound(const std::string& id);
Unexpected RequestIdReused(const std::string& request_id);
Unexpected QueueFull(int64_t max_queued);

}  // namespace atelier::server
