// JobRecord: one job as the store keeps it. Times are milliseconds of wall clock, for showing only.
#pragma once

#include <cstdint>
#include <string>

#include "server/jobs/job_state.h"

namespace atelier::server {

struct JobRecord {
  /// Given by the store; grows with every job. The queue's order, kept when a job is queued again.
  int64_t sequence = 0;
  /// The {job} of `jobs/{job}`.
  std::string id;
  /// Serialised atelier.v1.JobSpec: pictures are assets, defaults are filled in.
  std::string spec;
  /// `models/{model}`.
  std::string model;
  /// Jobs of one key may be painted in one batch.
  std::string batch_key;
  JobState state = JobState::kQueued;
  /// Attempts started.
  int attempt = 0;
  /// Fencing token of the present or last lease; grows with every lease of the job.
  int64_t lease_token = 0;
  bool cancel_requested = false;
  int64_t create_time_ms = 0;
  /// 0 until the first attempt.
  int64_t start_time_ms = 0;
  /// 0 until the final state.
  int64_t end_time_ms = 0;
  /// Serialised atelier.v1.Job that holds `images` and the last `progress` of a final job alone.
  std::string outcome;
  std::string error_reason;
  std::string error_message;
  /// Empty: the client gave none.
  std::string request_id;
  /// SHA-256 of the request's body as sent.
  std::string request_hash;
  /// W3C traceparent of the submitting call; empty when it had none.
  std::string traceparent;

  bool operator==(const JobRecord&) const = default;
};

}  // namespace atelier::server
