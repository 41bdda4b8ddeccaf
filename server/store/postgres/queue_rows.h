// The queue's order over the rows: whose turn it is, what is leased next, and its limits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/store/job_store.h"
#include "server/store/postgres/connection.h"

namespace atelier::server::postgres {

/// Whether NextBatch() would find any jobs.
Result<bool> AnyInTurn(Connection& connection, const std::vector<std::string>& models,
                       const JobStore::RunningLimit& running_limit);

/// The jobs that JobStore::TakeQueued() takes, their rows locked, with the turn moved. Calls on
/// one database go one after another.
Result<std::vector<JobRecord>> NextBatch(Connection& connection,
                                         const std::vector<std::string>& models, int max_jobs,
                                         const JobStore::RunningLimit& running_limit);

/// Mutates and writes each of `jobs`, whose rows are locked.
Status MutateAll(Connection& connection, std::vector<JobRecord>& jobs,
                 const JobStore::Mutation& mutate);

/// QueueFull(), TenantQueueFull() or TenantCostLimit() unless there is room for `job`. Exact with
/// any number of servers: near a limit they go one after another.
/// Whether there is room for a job, in the turn of whatever else is asked before it.
class RoomCheck {
 public:
  /// What is needed goes with the next statement. Both must outlive it.
  RoomCheck(const JobRecord& job, const QueueLimits& limits) : job_(job), limits_(limits) {}
  Status AskLater(Connection& connection);
  /// REQUIRES: what was asked is answered.
  Status Check(Connection& connection);

 private:
  struct Found {
    int64_t queued = 0;
    TenantLoad load;
  };
  bool counts_tenant() const;
  bool counts() const;
  Found Read() const;
  // Whether submits that do not see each other could pass a limit.
  bool IsNear(const Found& found) const;

  const JobRecord& job_;
  const QueueLimits& limits_;
  Rows totals_, tenant_;
};

/// JobStore::CountAhead.
Result<int64_t> CountAhead(Connection& connection, const JobRecord& job);

/// Conditions that jobs of `filter` meet, $3 its tenant, $4 its reason and $5 its states' mask: one
/// of eight texts, whatever is listed.
std::string FilterSql(const JobFilter& filter);

/// Deletes final jobs that `which`, a condition on $1, holds of with `bound`, the longest ended
/// first and at most `limit`. Returns how many.
Result<int64_t> DeleteFinished(Connection& connection, std::string_view which, int64_t bound,
                               int64_t limit);

/// Whether no other transaction prunes; none can until the present one ends then.
Result<bool> TryPruneLock(Connection& connection);

}  // namespace atelier::server::postgres
