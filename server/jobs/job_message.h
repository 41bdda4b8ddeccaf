// JobRecord -> atelier.v1.Job.
#pragma once

#include "atelier/v1/job.pb.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// `live` is the feed's progress; a final job shows what was stored with it instead. A stored spec
/// or outcome that does not parse is DATA_LOSS.
Result<v1::Job> ToMessage(const JobRecord& record, const LiveProgress& live, int64_t queue_position,
                          const JobQueue& queue);

/// The same with progress and position looked up.
Result<v1::Job> Describe(const JobRecord& record, JobQueue& queue);

}  // namespace atelier::server
