#include "server/store/job_state.h"

#include <string>

namespace atelier::server {

bool IsFinal(JobState state) { return state != JobState::kQueued && state != JobState::kRunning; }

std::string_view JobStateName(JobState state) {
  switch (state) {
    case JobState::kQueued:
      return "queued";
    case JobState::kRunning:
      return "running";
    case JobState::kSucceeded:
      return "succeeded";
    case JobState::kFailed:
      return "failed";
    case JobState::kCancelled:
      return "cancelled";
    case JobState::kExpired:
      return "expired";
  }
  return "unknown";
}

Result<JobState> Transition(JobState from, JobState to) {
  const bool allowed =
      from == JobState::kQueued
          ? to == JobState::kRunning || to == JobState::kCancelled || to == JobState::kExpired
          : from == JobState::kRunning && (to == JobState::kQueued || to == JobState::kSucceeded ||
                                           to == JobState::kFailed || to == JobState::kCancelled);
  if (allowed) return to;
  return MakeError(Code::kFailedPrecondition, "BAD_TRANSITION",
                   "a " + std::string(JobStateName(from)) + " job cannot become " +
                       std::string(JobStateName(to)));
}

}  // namespace atelier::server
