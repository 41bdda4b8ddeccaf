// FollowJob: a job's news, from now to its final state. What WatchJob and Synthesize share.
#pragma once

#include <functional>
#include <string>

#include "server/jobs/job_queue.h"

namespace atelier::server {

/// A job as it is now.
struct JobNews {
  JobRecord job;
  /// The preview comes once.
  LiveProgress live;
  /// Jobs in front of it.
  int64_t position = 0;
  int64_t event_id = 0;
};

/// Calls `on_news` with the job as it is now, unless that is no newer than `after_event_id`, and
/// after every change (changes may be coalesced), and returns the job in its final state, which is
/// always told. A change of the position alone comes under the last event's id. `keep_waiting` is
/// asked a few times a second with the job's state; an error of it or of `on_news` ends the
/// following, not the job. NOT_FOUND when there is no such job.
Result<JobRecord> FollowJob(JobQueue& queue, const std::string& id, int64_t after_event_id,
                            const std::function<Status(JobState)>& keep_waiting,
                            const std::function<Status(const JobNews&)>& on_news);

}  // namespace atelier::server
