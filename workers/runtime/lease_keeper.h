// LeaseKeeper: everything this worker tells the server about the jobs it holds: heartbeats,
// progress and ends. Thread-safe.
//
// Reports leave on the keeper's own thread, so that a slow network never holds up a denoising step;
// of several reports that wait for one job only the latest leaves. Results leave on another, so
// that the next batch is painted while they do. A lease the server calls lost is left in silence; a
// cancelled one is acknowledged at once.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "runtime/dispatch_client.h"
#include "runtime/lease.h"
#include "runtime/timers.h"

namespace atelier::runtime {

class LeaseKeeper {
 public:
  /// References must outlive the keeper.
  LeaseKeeper(DispatchClient& client, Timers& timers, const BackoffOptions& backoff);
  /// Stops heartbeats; leases still held run out.
  ~LeaseKeeper();

  /// Heartbeats go out every third of it. Call before Keep().
  void set_lease_duration(std::chrono::milliseconds duration);

  /// Heartbeats for `lease` from now until it is left.
  void Keep(std::shared_ptr<Lease> lease);
  /// Sends `progress` soon. A preview is not lost to a later report that has none.
  void Post(const Lease& lease, v1::JobProgress progress);

  /// Leaves the lease if it is still held and ends it soon; waits only while many results wait
  /// already. Its lease is kept alive meanwhile. Tries again until `stop` while the server is not
  /// reachable or its disk is full.
  void Complete(std::shared_ptr<Lease> lease, PaintedPictures pictures,
                std::vector<Warning> warnings, std::stop_token stop);
  /// Returns when every Complete() so far has come to its end.
  void Flush();
  /// Ends the lease at once if it is still held. Retries as Complete() does.
  void Fail(Lease& lease, const JobFailure& failure, std::stop_token stop);

 private:
  struct Kept {
    std::shared_ptr<Lease> lease;
    bool due = false;
    std::optional<v1::JobProgress> progress;
  };
  struct Report {
    std::shared_ptr<Lease> lease;
    std::optional<v1::JobProgress> progress;
    /// Its result waits to be sent.
    bool ending = false;
  };

  struct Completion {
    std::shared_ptr<Lease> lease;
    PaintedPictures pictures;
    std::vector<Warning> warnings;
    std::stop_token stop;
  };

  void CompleteLoop(std::stop_token stop);
  void BeatLoop(std::stop_token stop);
  void ReportLoop(std::stop_token stop);
  /// Waits for reports that are due and takes them; empty once `stop` is requested.
  std::vector<Report> TakeDue(std::stop_token stop);
  void Send(const Report& report);
  template <typename Call>
  void EndWithRetries(const Lease& lease, std::stop_token stop, const Call& call);

  DispatchClient& client_;
  Timers& timers_;
  const BackoffOptions backoff_;
  std::atomic<std::chrono::milliseconds> beat_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Kept> kept_;              // GUARDED_BY(mutex_)
  std::deque<Completion> completions_;  // the first is being sent; GUARDED_BY(mutex_)
  bool waiting_due_ = false;            // heartbeats for the others; GUARDED_BY(mutex_)
  std::jthread complete_thread_;
  std::jthread report_thread_;
  std::jthread beat_thread_;
};

}  // namespace atelier::runtime
