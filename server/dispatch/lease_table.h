// LeaseTable: when each lease runs out. In memory only, on the monotonic clock; the store alone
// knows which token is the right one. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace atelier::server {

struct Lease {
  std::string job;
  int64_t token = 0;
  /// Empty when the lease was taken over at a restart.
  std::string worker;
  /// Its worker must hold no other lease meanwhile.
  bool alone = false;
};

class LeaseTable {
 public:
  LeaseTable(const Clock& clock, std::chrono::milliseconds duration);

  /// Starts, or starts anew, the lease's life.
  void Grant(const Lease& lease);
  /// Extends it. False when the job is not leased under that token.
  bool Extend(const std::string& job, int64_t token);
  bool Holds(const std::string& job, int64_t token);
  /// The worker of the job's lease; empty when it is unknown.
  std::string WorkerOf(const std::string& job);
  /// Whether the worker holds any lease, and whether it holds one that must be alone.
  struct Load {
    bool any = false;
    bool alone = false;
  };
  Load LoadOf(const std::string& worker);
  void Remove(const std::string& job, int64_t token);
  /// Removes and returns the leases whose time is over.
  std::vector<Lease> TakeExpired();

 private:
  struct Row {
    Lease lease;
    Clock::Monotonic deadline;
  };
  // REQUIRES: mutex_ is held. Null when there is none.
  Row* Find(const std::string& job, int64_t token);

  const Clock& clock_;
  const std::chrono::milliseconds duration_;
  std::mutex mutex_;
  std::unordered_map<std::string, Row> rows_;  // By job; guarded by mutex_.
};

}  // namespace atelier::server
