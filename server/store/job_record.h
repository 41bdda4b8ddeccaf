// JobRecord: one job as the store keeps it.
//
// Fields ending in _time_ms are wall clock, for showing only. The others in _ms are the queue's own
// time (see queue_time.h), which no jump of the wall clock moves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/store/job_state.h"
#include "server/store/lease.h"

namespace atelier::server {

inline constexpr char kDefaultTenant[] = "default";

struct JobRecord {
  /// Given by the store; grows with every job. Kept when a job is queued again.
  int64_t sequence = 0;
  /// The {job} of `jobs/{job}`.
  std::string id;
  /// Whose it is.
  std::string tenant = kDefaultTenant;
  /// Serialised atelier.v1.JobSpec: pictures are assets, defaults are filled in.
  std::string spec;
  /// `models/{model}`.
  std::string model;
  /// Jobs of one key may be painted in one batch.
  std::string batch_key;
  /// Of all its pictures; 0: not known. What its time is estimated from.
  int64_t pixels = 0;
  /// The same once for each denoising step, and twice where guidance doubles the rows.
  int64_t step_pixels = 0;
  JobState state = JobState::kQueued;
  /// Given by the store: 1 when inserted, one more with every change.
  int64_t revision = 0;
  /// Attempts started.
  int attempt = 0;
  /// Attempts that ended with the loss of the worker.
  int lost_workers = 0;
  /// Of the present attempt. Nothing unless the job is running.
  std::optional<Lease> lease;
  bool cancel_requested = false;
  /// The place in the tenant's queue, smallest first; see JobStore. Kept when queued again.
  int64_t rank_ms = 0;
  /// When it was queued first.
  int64_t queued_ms = 0;
  /// A job still QUEUED then expires; 0: never.
  int64_t expires_ms = 0;
  /// When its present or last attempt started; 0 before the first.
  int64_t started_ms = 0;
  /// When it reached its final state; 0 until then.
  int64_t ended_ms = 0;
  int64_t create_time_ms = 0;
  /// 0 until the first attempt.
  int64_t start_time_ms = 0;
  /// 0 until the final state.
  int64_t end_time_ms = 0;
  /// Serialised atelier.v1.Job that holds `warnings` alone, the `images` that are recorded already
  /// and, of a final job, the `receipt`, the `film` and the last `progress`.
  std::string outcome;
  /// Milliseconds of workers' devices that its attempts took so far.
  int64_t device_ms = 0;
  /// Finished pictures; 0 until it succeeded.
  int64_t pictures = 0;
  std::string error_reason;
  std::string error_message;
  /// Unique within the tenant. Empty: the client gave none.
  std::string request_id;
  /// SHA-256 of the request's body as sent.
  std::string request_hash;
  /// W3C traceparent of the submitting call; empty when it had none.
  std::string traceparent;

  bool operator==(const JobRecord&) const = default;
};

}  // namespace atelier::server
