// FollowJob: a job's news, from now to its final state. What WatchJob and Synthesize share.
#pragma once

#include <functional>
#include <string>

#include "server/jobs/job_queue.h"

namespace atelier::server {

/// Calls `on_news` with the job as it is now and after every change (changes may be coalesced), and
/// returns the job in its final state. Each preview comes once. `keep_waiting` is asked a few times
/// a second with the job's state; an error of it or of `on_news` ends the following, not the job.
/// NOT_FOUND when there is no such job.
Result<JobRecord> FollowJob(
    JobQueue& queue, const std::string& id, const std::function<Status(JobState)>& keep_waiting,
    const std::function<Status(const JobRecord&, const v1::JobProgress&)>& on_news);

}  // namespace atelier::server
