// The end of models that nobody serves any more, and of the jobs that wait for them.
#pragma once

#include <chrono>

#include "server/dispatch/worker_registry.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// Forgets the models that no worker has served for `ttl` and ends the jobs that wait for one,
/// known or not: EXPIRED with MODEL_GONE. Returns how many jobs. Call every few seconds.
Result<int64_t> ForgetGoneModels(WorkerRegistry& workers, JobQueue& queue,
                                 std::chrono::milliseconds ttl);

}  // namespace atelier::server
