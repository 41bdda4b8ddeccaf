// SharedStore: what a store that several servers use at once adds to its tables: the time they
// agree on, the workers that any of them knows, previews of running jobs, and a link over which
// they tell each other of what they changed.
//
// News are wake-ups and live progress alone: they may be lost or come twice. What must not be
// missed is read from the rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/store/job_state.h"

namespace atelier::server {

/// A worker that registered with any of the servers.
struct WorkerRow {
  std::string name;
  /// Serialised atelier.v1.RegisterWorkerRequest.
  std::string registration;
  /// How long nobody has heard of it.
  std::chrono::milliseconds silent_for{0};
  /// Its leases that ran out since it registered.
  int64_t lost_leases = 0;
};

/// Where a job stands.
struct JobStanding {
  std::string id;
  JobState state = JobState::kQueued;
  int64_t revision = 0;
  bool cancel_requested = false;
};

/// One connection for news. Used by one thread at a time; after an error it is of no more use.
class NewsLink {
 public:
  virtual ~NewsLink() = default;

  /// Tells the other servers; each text has at most kMaxNewsBytes of ASCII.
  virtual Status Send(const std::vector<std::string>& news) = 0;
  /// What the others sent since the last call.
  virtual Result<std::vector<std::string>> Receive() = 0;
  /// Returns when there may be something to receive, when `wake` (a file descriptor, which is left
  /// as it is) can be read, or after `timeout`.
  virtual void Wait(int wake, std::chrono::milliseconds timeout) = 0;
  /// SharedStore::NowMs() over this connection: an error says that it is lost.
  virtual Result<int64_t> NowMs() = 0;
};

/// PostgreSQL takes less than 8000 bytes.
inline constexpr size_t kMaxNewsBytes = 7900;

class SharedStore {
 public:
  virtual ~SharedStore() = default;

  /// The database's clock: milliseconds since 1970.
  virtual Result<int64_t> NowMs() = 0;
  /// The news of all servers from now on.
  virtual Result<std::unique_ptr<NewsLink>> OpenNewsLink() = 0;

  /// Of those of `ids` that exist, in any order.
  virtual Result<std::vector<JobStanding>> ListStandings(const std::vector<std::string>& ids) = 0;

  /// Adds the worker or writes over it; it was heard of now and lost no lease.
  virtual Status PutWorker(const std::string& name, const std::string& registration) = 0;
  /// It was heard of now. False: it is not known.
  virtual Result<bool> TouchWorker(const std::string& name) = 0;
  virtual Status AddLostLease(const std::string& name) = 0;
  virtual Status RemoveWorker(const std::string& name) = 0;
  /// Forgets those that nobody has heard of for `silence`.
  virtual Status RemoveSilentWorkers(std::chrono::milliseconds silence) = 0;
  virtual Result<std::optional<WorkerRow>> FindWorker(const std::string& name) = 0;
  /// By name.
  virtual Result<std::vector<WorkerRow>> ListWorkers() = 0;

  /// Keeps the job's latest preview. Not on disk: a crash of the database may lose it.
  virtual Status PutPreview(const std::string& job, const std::string& preview) = 0;
  /// Empty when there is none.
  virtual Result<std::string> FindPreview(const std::string& job) = 0;
  /// Forgets previews of jobs that do not run.
  virtual Status RemoveOldPreviews() = 0;
};

}  // namespace atelier::server
