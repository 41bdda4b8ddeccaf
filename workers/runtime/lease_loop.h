// LeaseLoop: pulls jobs from the server, prepares and paints them batch by batch.
//
// Two threads: the fetcher leases and prepares batch k + 1 while Run()'s thread paints batch k; one
// finished batch waits between them, never more. Results leave beside both. A job that fails its
// preparation fails alone.
//
// A batch that gives others a turn between its pictures (BatchEvents::OnDevice) does not keep the
// next one waiting until it ends: another thread paints that meanwhile, in turns with it. So a job
// of many pictures delays those behind it by one set of pictures at a time.
//
// Drain: the fetcher stops at once and hands its jobs back; the batch that is being painted may end
// within the grace, after which it stops at the next step and is handed back as well.
//
// While a service that the jobs need is away, nothing is leased. A job that was leased just before
// is handed back, and its attempt does not count.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "runtime/batch_executor.h"
#include "runtime/dispatch_client.h"
#include "runtime/lease_keeper.h"
#include "runtime/preparation.h"
#include "runtime/timers.h"

namespace atelier::runtime {

struct LeaseLoopOptions {
  /// Unique among workers, stable while the process lives.
  std::string worker;
  std::vector<v1::Model> models;
  /// Jobs of one batch, 1..64. More fills the device better and makes each job wait longer.
  int max_jobs = 4;
  /// How long the server may hold a request for jobs open.
  std::chrono::milliseconds poll_wait{5000};
  BackoffOptions backoff;
  /// How long a running batch may go on once Drain() was called.
  std::chrono::milliseconds drain_grace{20000};
  /// See DispatchClient.
  ConnectToServer reconnect = {};
  /// Called with false once no jobs could be asked for during `away_for_long`, because the server
  /// or a service that jobs need is away, and with true when they can be again. From the fetcher.
  std::function<void(bool healthy)> on_health = [](bool) {};
  std::chrono::milliseconds away_for_long{30000};
  const Clock* clock = &SystemClock();
};

class LeaseLoop {
 public:
  /// References must outlive the loop.
  LeaseLoop(const std::shared_ptr<grpc::ChannelInterface>& channel, BatchExecutor& executor,
            Timers& timers, const LeaseLoopOptions& options);
  ~LeaseLoop();

  /// Works until Drain(). Call once.
  void Run();

  /// Stops the loop as told above; returns when no lease is held any more. Thread-safe.
  /// REQUIRES: Run() was or will be called by another thread.
  void Drain();

 private:
  struct PreparedLease {
    std::shared_ptr<Lease> lease;
    std::unique_ptr<PreparedJob> prepared;
  };
  using Batch = std::vector<PreparedLease>;
  class Events;

  /// Paints what comes until the loop drains; `first`: on Run()'s own thread.
  void PaintLoop(bool first);
  void FetchLoop();
  /// Tells the server now and then that this worker is there, while it asks for no jobs.
  void StayKnown();
  /// Notes that jobs could, or could not, be asked for, and backs off in the latter case.
  void NoteHealthy();
  void BackOff(const char* what, const Error& error);
  /// Why a preparation failed and what becomes of the job.
  JobFailure FailureOf(const Lease& lease, const Preparation& prepared);
  /// Registers with the server, waiting as long as it takes; false once the loop drains.
  bool Register();
  /// Leases, registering again where needed; empty once the loop drains.
  std::vector<v1::LeasedJob> LeaseSome();
  Batch Prepare(std::vector<v1::LeasedJob> jobs);
  void OfferBatch(Batch batch);
  /// Waits for a batch; empty once the loop drains.
  Batch TakeBatch(bool first);
  /// A batch that was taken gave others a turn, or ended.
  void GaveTurn();
  void Paint(const Batch& batch);
  void HandBack(const Batch& batch);
  void HandBack(Lease& lease);
  void HandBack(Lease& lease, const Error& error);
  static bool Records(const PreparedLease& prepared);
  /// Whether others wait for whom there is no turn: as many batches are painted as can be.
  bool IsCrowded();
  bool draining() const { return drain_.stop_requested(); }

  const LeaseLoopOptions options_;
  BatchExecutor& executor_;
  Timers& timers_;
  DispatchClient client_;
  LeaseKeeper keeper_;
  // The fetcher's alone:
  Backoff backoff_;
  bool registered_ = false;
  bool healthy_ = true;
  std::optional<Clock::Monotonic> trouble_since_;
  Clock::Monotonic last_registered_{};
  /// How often jobs were handed back because a service was away.
  std::unordered_map<std::string, int> hand_backs_;

  std::stop_source drain_;
  /// The grace is over: nothing is painted on, nothing retried.
  std::stop_source abandon_;
  /// Run() has returned.
  std::stop_source finished_;

  Mutex mutex_;
  StoppableCondition changed_;
  Batch next_ GUARDED_BY(mutex_);
  /// Batches that are painted, and those of them that gave nobody a turn yet.
  int painting_ GUARDED_BY(mutex_) = 0;
  int unshared_ GUARDED_BY(mutex_) = 0;
};

}  // namespace atelier::runtime
