// JobState: the life of a job.
//
//            LeaseJobs             CompleteJob
//   QUEUED ─────────────> RUNNING ─────────────> SUCCEEDED
//     │  ^                 │ │ │    FailJob, or max_attempts lost workers
//     │  └── lease ran out ┘ │ └─────────────────> FAILED
//     │      or retryable    │      CancelJob and the worker's answer (or its loss)
//     │ CancelJob            └───────────────────> CANCELLED
//     ├──────────────────────────────────────────> CANCELLED
//     └─ waited longer than it may ──────────────> EXPIRED
//
// Final states are never left.
#pragma once

#include <string_view>

#include "base/result.h"

namespace atelier::server {

/// The numbers are stored and equal atelier.v1.JobState's.
enum class JobState {
  kQueued = 1,
  kRunning = 2,
  kSucceeded = 3,
  kFailed = 4,
  kCancelled = 5,
  kExpired = 6,
};

bool IsFinal(JobState state);

/// Lower case, as metrics label it: "queued", "succeeded", ...
std::string_view JobStateName(JobState state);

/// `to` when the picture above has an arrow from `from` to it; FAILED_PRECONDITION otherwise.
Result<JobState> Transition(JobState from, JobState to);

}  // namespace atelier::server
