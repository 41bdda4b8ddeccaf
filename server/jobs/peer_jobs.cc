#include "server/jobs/peer_jobs.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace atelier::server {
namespace {

// Jobs of one statement.
constexpr size_t kAtOnce = 1000;
// Starts of jobs that one lease began: the milliseconds of a transaction.
constexpr int64_t kSameLeaseMs = 5;

// As much of the job as estimates read.
JobRecord JobOf(const peers::v1::JobChange& change) {
  JobRecord job;
  job.id = change.job();
  job.state = static_cast<JobState>(change.after());
  job.revision = change.revision();
  job.cancel_requested = change.cancel_requested();
  job.model = change.model();
  job.batch_key = change.batch_key();
  job.pixels = change.pixels();
  job.step_pixels = change.step_pixels();
  job.started_ms = change.started_ms();
  return job;
}

bool IsOneLease(const peers::v1::JobChange& a, const peers::v1::JobChange& b) {
  return a.worker() == b.worker() && a.before() == b.before() && a.after() == b.after() &&
         std::abs(a.started_ms() - b.started_ms()) <= kSameLeaseMs;
}

}  // namespace

void PeerJobs::OnNews(const peers::v1::PeerNews& news) {
  OnChanges(news);
  for (const peers::v1::JobReport& report : news.reports()) OnReport(report);
  for (const peers::v1::WorkerCall& call : news.worker_calls()) {
    queue_.durations().Asked(call.worker(), {call.models().begin(), call.models().end()},
                             call.max_jobs());
  }
}

void PeerJobs::OnChanges(const peers::v1::PeerNews& news) {
  DurationEstimate& durations = queue_.durations();
  std::vector<JobRecord> leased;  // together
  bool more_may_run = false;
  for (int i = 0; i < news.changes_size(); ++i) {
    const peers::v1::JobChange& change = news.changes(i);
    const JobRecord job = JobOf(change);
    const bool moved = change.before() != change.after();
    const bool queued = moved && change.before() == v1::JOB_STATE_QUEUED;
    const bool ran = moved && change.before() == v1::JOB_STATE_RUNNING;
    if (queued) durations.LeftQueue(job);
    if (ran) durations.Ended(job);
    more_may_run = more_may_run || ran;
    if (moved && job.state == JobState::kQueued) durations.Queued(job);
    if (moved && job.state == JobState::kRunning) {
      leased.push_back(job);
      const bool last = i + 1 == news.changes_size() || !IsOneLease(change, news.changes(i + 1));
      if (last) durations.Started(change.worker(), std::exchange(leased, {}));
    }
    queue_.feed().Changed(job);
  }
  // A tenant has room for one more, which may have waited for that alone.
  if (more_may_run && queue_.options().tenants.LimitsRunning()) queue_.feed().MoreMayRun();
}

void PeerJobs::OnReport(const peers::v1::JobReport& report) {
  v1::JobProgress progress = report.progress();
  if (report.has_preview() && queue_.feed().IsWatched(report.job())) {
    // Without it the rest is as good.
    if (auto preview = queue_.sharing()->store.FindPreview(report.job()))
      progress.set_preview(*std::move(preview));
  }
  queue_.durations().Progressed(report.job(), progress);
  queue_.feed().Progress(report.job(), progress);
}

Status PeerJobs::LookUp() {
  ATELIER_ASSIGN_OR_RETURN(const JobStore::Counts counts, queue_.store().Count());
  metrics_.queue_depth.Set(static_cast<double>(counts.queued));
  metrics_.running_jobs.Set(static_cast<double>(counts.running));
  if (counts.queued > 0) queue_.feed().MoreMayRun();
  const std::vector<std::string> followed = queue_.feed().Followed();
  for (size_t first = 0; first < followed.size(); first += kAtOnce) {
    const auto begin = followed.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(kAtOnce, followed.size() - first);
    const std::vector<std::string> some(begin, begin + static_cast<std::ptrdiff_t>(count));
    ATELIER_ASSIGN_OR_RETURN(const std::vector<JobStanding> standings,
                             queue_.sharing()->store.ListStandings(some));
    std::set<std::string> gone(some.begin(), some.end());
    for (const JobStanding& standing : standings) {
      gone.erase(standing.id);
      queue_.feed().LookedUp(standing);
    }
    for (const std::string& id : gone) queue_.feed().Vanished(id);
  }
  return {};
}

Status PeerJobs::CorrectEstimate() {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> queued, queue_.ListQueued());
  ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> running, queue_.store().ListRunning());
  queue_.durations().Correct(queued, running);
  return {};
}

}  // namespace atelier::server
