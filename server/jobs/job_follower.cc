#include "server/jobs/job_follower.h"

namespace atelier::server {
namespace {

// How often a waiting call looks whether its caller is still there, and a queued job moved up.
constexpr std::chrono::milliseconds kPollInterval(250);

Result<JobNews> Look(JobQueue& queue, const std::string& id, JobFeed::Subscription& subscription) {
  JobNews news;
  ATELIER_ASSIGN_OR_RETURN(news.job, queue.Get(id));
  news.live = subscription.TakeProgress();
  news.event_id = EventId(news.job, news.live.number);
  ATELIER_ASSIGN_OR_RETURN(news.position, queue.Position(news.job));
  return news;
}

}  // namespace

Result<JobRecord> FollowJob(JobQueue& queue, const std::string& id, int64_t after_event_id,
                            const std::function<Status(JobState)>& keep_waiting,
                            const std::function<Status(const JobNews&)>& on_news) {
  JobFeed::Subscription subscription(queue.feed(), id);
  int64_t last = after_event_id;
  int64_t last_position = -1;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(JobNews news, Look(queue, id, subscription));
    // A cursor from another life of the data: nothing is known to have been seen.
    if (RevisionOf(last) > news.job.revision) last = 0;
    const bool moved = last_position >= 0 && news.position != last_position;
    const bool newer = news.event_id > last;
    last = newer ? news.event_id : last;
    last_position = news.position;
    if (newer || moved || IsFinal(news.job.state)) {
      news.event_id = last;
      ATELIER_RETURN_IF_ERROR(on_news(news));
    }
    if (IsFinal(news.job.state)) return std::move(news.job);
    while (!subscription.Wait(kPollInterval)) {
      ATELIER_RETURN_IF_ERROR(keep_waiting(news.job.state));
      ATELIER_ASSIGN_OR_RETURN(const int64_t position, queue.Position(news.job));
      if (position != last_position) break;
    }
  }
}

}  // namespace atelier::server
