// LeaseTable: until when each lease lives, over the rows of the store.
//
// A lease lives for `duration` from its last heartbeat. Heartbeats come with every denoising step,
// and a row's write is a sync of the disk; so they are remembered here, and the row is written only
// when half of its time or more has gone by. A row therefore never says a later deadline than the
// true one, and at most half a duration earlier. This process lets no lease run out that its memory
// knows to live. Without that memory the row decides: in another server over the same store a
// silent worker may lose its lease up to half a duration early, never one that keeps reporting
// (workers do three times a duration).
//
// Memory wins over a row that cannot be written too: while the disk is full, leases live on.
//
// Where several servers share the store, a heartbeat may reach any of them, so the row is the
// truth: its deadline alone says when a lease runs out, in the time of the store (queue_time.h). A
// heartbeat is written when an eighth of the lease has gone by since the last one that was; so a
// lease lives for at least seven eighths of its duration after a heartbeat, and never for longer
// than the whole. No lease is judged while heartbeats may have had no way into the rows: for one
// duration after the start, after the store could not be read and after its clock jumped.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "server/jobs/queue_time.h"
#include "server/store/job_store.h"

namespace atelier::server {

/// What of a job does not change while it is leased.
struct LeasedWork {
  std::string tenant;
  /// JobRecord::spec.
  std::string spec;
};

class LeaseTable {
 public:
  /// What says until when a lease lives.
  enum class Truth { kMemory, kRows };

  /// References must outlive it.
  LeaseTable(JobStore& store, const QueueTime& time, std::chrono::milliseconds duration,
             Truth truth = Truth::kMemory);

  /// The lease of `job` is in the store; its life begins now, whatever its row says. REQUIRES: it
  /// has one.
  void Begin(const JobRecord& job);
  /// The same again, of a lease that ran out here and could not be ended in the store.
  void BeginAgain(const JobLease& lease);
  /// Its life begins anew. The worker that holds it; ABORTED / LEASE_LOST when the job is not
  /// leased under `token`, or the store's error.
  Result<std::string> Extend(const std::string& job, const std::string& token);
  /// Whether the job is leased under `token`. Errors: Extend()'s.
  Status Check(const std::string& job, const std::string& token);
  /// What the job's worker was given; from memory, so that storing a result reads no row. Errors:
  /// Extend()'s.
  Result<std::shared_ptr<const LeasedWork>> FindWork(const std::string& job,
                                                     const std::string& token);
  /// The leases that `worker` holds. Reads the running jobs where the rows are the truth.
  Result<std::vector<JobLease>> FindOf(const std::string& worker);
  /// The job's lease is over in the store, whichever it was.
  void Forget(const std::string& job);
  /// The lease is over in the store.
  void Remove(const std::string& job, const std::string& token);
  /// The leases whose time is over; the caller ends them in the store. Call a few times a second.
  Result<std::vector<JobLease>> FindExpired();

 private:
  struct Row {
    Lease lease;
    /// Null when this process did not see the job: it began the lease again.
    std::shared_ptr<const LeasedWork> work;
    int64_t deadline_ms = 0;
    /// The deadline in the store, or on its way there.
    int64_t written_ms = 0;
    /// After a write that failed: none is tried before.
    int64_t retry_ms = 0;
  };
  // How much of a lease may be left for its row to be written at a heartbeat.
  int64_t WriteBelowMs() const;
  // No lease is judged for one duration.
  void Pause();
  // Null when there is none.
  Row* Find(const std::string& job, const std::string& token) REQUIRES(mutex_);
  // From the store.
  Result<JobRecord> ReadLeased(const std::string& job, const std::string& token);

  JobStore& store_;
  const QueueTime& time_;
  const int64_t duration_ms_;
  const Truth truth_;
  Mutex mutex_;
  // Of rows that are the truth: none is judged before then, in the time of seen_jumps_.
  int64_t judge_from_ms_ GUARDED_BY(mutex_) = 0;
  int seen_jumps_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Row> rows_ GUARDED_BY(mutex_);  // By job.
};

}  // namespace atelier::server
