#include "server/jobs/job_follower.h"

namespace atelier::server {
namespace {

// How often a waiting call looks whether its caller is still there.
constexpr std::chrono::milliseconds kPollInterval(250);

}  // namespace

Result<JobRecord> FollowJob(
    JobQueue& queue, const std::string& id, const std::function<Status(JobState)>& keep_waiting,
    const std::function<Status(const JobRecord&, const v1::JobProgress&)>& on_news) {
  JobFeed::Subscription subscription(queue.feed(), id);
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(JobRecord job, queue.Get(id));
    ATELIER_RETURN_IF_ERROR(on_news(job, subscription.TakeProgress()));
    if (IsFinal(job.state)) return job;
    do {
      ATELIER_RETURN_IF_ERROR(keep_waiting(job.state));
    } while (!subscription.Wait(kPollInterval));
  }
}

}  // namespace atelier::server
