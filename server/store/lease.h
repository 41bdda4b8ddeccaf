// Lease: a worker's right to one attempt at one job, for as long as its deadline lies ahead.
//
// A running job has one, a job in any other state has none; the store keeps it in the transaction
// that changes the state. The token fences: a call under another token is refused. Tokens are drawn
// anew for every attempt, so that neither an old worker nor a guess meets the present one.
#pragma once

#include <cstdint>
#include <string>

namespace atelier::server {

inline constexpr char kLeaseLostReason[] = "LEASE_LOST";
inline constexpr size_t kLeaseTokenBytes = 16;

struct Lease {
  /// kLeaseTokenBytes random bytes, never empty.
  std::string token;
  /// Who holds it.
  std::string worker;
  /// Its worker must hold no other lease meanwhile.
  bool alone = false;
  /// When it runs out, in the queue's own time (queue_time.h). It may live longer, as a LeaseTable
  /// in front of the store knows, but never shorter.
  int64_t deadline_ms = 0;

  bool operator==(const Lease&) const = default;
};

/// A lease and the id of its job.
struct JobLease {
  std::string job;
  Lease lease;
};

/// What a worker has on its hands.
struct WorkerLoad {
  /// Whether it holds any lease.
  bool any = false;
  /// Whether it holds one that must be its only one.
  bool alone = false;

  bool operator==(const WorkerLoad&) const = default;
};

/// A token for a new lease, from the kernel's random numbers. Thread-safe.
std::string NewLeaseToken();

}  // namespace atelier::server
