// LeaseLoop: pulls jobs from the server, prepares and paints them batch by batch.
//
// Two threads: the fetcher leases and prepares batch k + 1 while Run()'s thread paints batch k; one
// finished batch waits between them, never more. Results leave beside both. A job that fails its
// preparation fails alone.
//
// Drain: the fetcher stops at once and hands its jobs back; the batch that is being painted may end
// within the grace, after which it stops at the next step and is handed back as well.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/mutex.h"
#include "runtime/batch_executor.h"
#include "runtime/dispatch_client.h"
#include "runtime/lease_keeper.h"
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

  void FetchLoop();
  /// Registers with the server, waiting as long as it takes; false once the loop drains.
  bool Register();
  /// Leases, registering again where needed; empty once the loop drains.
  std::vector<v1::LeasedJob> LeaseSome();
  Batch Prepare(std::vector<v1::LeasedJob> jobs);
  void OfferBatch(Batch batch);
  /// Waits for a batch; empty once the loop drains.
  Batch TakeBatch();
  void Paint(const Batch& batch);
  void HandBack(const Batch& batch);
  void HandBack(Lease& lease);
  bool draining() const { return drain_.stop_requested(); }

  const LeaseLoopOptions options_;
  BatchExecutor& executor_;
  Timers& timers_;
  DispatchClient client_;
  LeaseKeeper keeper_;
  Backoff backoff_;  // the fetcher's
  bool registered_ = false;

  std::stop_source drain_;
  /// The grace is over: nothing is painted on, nothing retried.
  std::stop_source abandon_;
  /// Run() has returned.
  std::stop_source finished_;

  Mutex mutex_;
  StoppableCondition changed_;
  Batch next_ GUARDED_BY(mutex_);
};

}  // namespace atelier::runtime
