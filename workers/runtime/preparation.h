// PrepareJob: a job's preparation and its caller's word on what was found meanwhile. Leased jobs
// and direct calls both come through here, so that `strict` means the same for both.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "runtime/batch_executor.h"

namespace atelier::runtime {

/// What preparing a job came to.
struct Preparation {
  /// Null when it failed.
  std::unique_ptr<PreparedJob> job;
  /// What makes its result doubtful; also of a job that failed because its caller does not accept
  /// that.
  std::vector<Warning> warnings;
  /// Why it failed.
  Status status;
};

/// As `executor`.Prepare(). A job with a warning that its spec's `strict` lists fails with it
/// (FAILED_PRECONDITION, no other attempt) before anything is painted.
Preparation PrepareJob(BatchExecutor& executor, const v1::LeasedJob& job, std::stop_token stop);

}  // namespace atelier::runtime
