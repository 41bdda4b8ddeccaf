#include "runtime/lease_keeper.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "telemetry/log.h"

namespace atelier::runtime {
namespace {

constexpr std::chrono::milliseconds kDefaultBeat{3000};
constexpr std::chrono::milliseconds kShortestBeat{10};
constexpr std::chrono::milliseconds kShortestPatience{100};
/// Tries of one call; with the default back-off about half a minute, after which the lease has run
/// out anyway.
constexpr int kTries = 12;
/// Reports on their way at once. With a database 200 ms away one takes half a second, and a worker
/// may hold 128 leases.
constexpr int kReportThreads = 4;
/// The part of a lease for which a report may stay unanswered before another server is asked. With
/// heartbeats every third of it, and the last one that counts perhaps an eighth old, the other one
/// is asked while a quarter of the lease is left at least.
constexpr int kPatienceOfLease = 8;
/// Pictures that may wait to be stored. More would only pile up in memory.
constexpr size_t kMaxWaiting = 64;

/// The server may be back soon, or its disk write again.
bool IsAway(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kDeadlineExceeded ||
         error.reason == kStoreFailed || error.reason == kStorageFailed;
}

/// Its disk may have room again, or whoever is to allow the result may answer.
bool TakesItLater(const Error& error) {
  return error.reason == kStorageFull || error.reason == kModerationUnreachable;
}

}  // namespace

LeaseKeeper::LeaseKeeper(DispatchClient& client, Timers& timers, const BackoffOptions& backoff)
    : client_(client), timers_(timers), backoff_(backoff), beat_(kDefaultBeat) {
  send_thread_ = std::jthread([this](std::stop_token stop) { SendLoop(stop); });
  acknowledge_thread_ = std::jthread([this](std::stop_token stop) { AcknowledgeLoop(stop); });
  for (int i = 0; i < kReportThreads; ++i) {
    report_threads_.emplace_back([this](std::stop_token stop) { ReportLoop(stop); });
  }
  beat_thread_ = std::jthread([this](std::stop_token stop) { BeatLoop(stop); });
}

LeaseKeeper::~LeaseKeeper() {
  send_thread_.request_stop();
  beat_thread_.request_stop();
  for (std::jthread& thread : report_threads_) thread.request_stop();
  acknowledge_thread_.request_stop();
}

void LeaseKeeper::set_lease_duration(std::chrono::milliseconds duration) {
  beat_.store(std::max(duration / 3, kShortestBeat));
  client_.set_patience(std::max(duration / kPatienceOfLease, kShortestPatience));
}

void LeaseKeeper::Keep(std::shared_ptr<Lease> lease) {
  MutexLock lock(mutex_);
  kept_.push_back({std::move(lease)});
}

void LeaseKeeper::Post(const Lease& lease, v1::JobProgress progress) {
  MutexLock lock(mutex_);
  Kept* kept = Find(lease);
  if (!kept) return;
  if (kept->progress && progress.preview().empty()) {
    progress.mutable_preview()->swap(*kept->progress->mutable_preview());
  }
  kept->progress = std::move(progress);
  kept->due = true;
  changed_.NotifyAll();
}

void LeaseKeeper::BeatLoop(std::stop_token stop) {
  while (timers_.SleepFor(beat_.load(), stop)) {
    MutexLock lock(mutex_);
    for (Kept& kept : kept_) kept.due = true;
    waiting_due_ = true;
    changed_.NotifyAll();
  }
}

std::optional<LeaseKeeper::Report> LeaseKeeper::TakeDue(std::stop_token stop) {
  MutexLock lock(mutex_);
  changed_.Wait(lock, stop, [&]() REQUIRES(mutex_) {
    std::erase_if(kept_, [](const Kept& kept) { return !kept.lease->held() && !kept.reporting; });
    if (due_.empty()) CollectDue();
    return !due_.empty();
  });
  if (stop.stop_requested()) return std::nullopt;
  Report report = std::move(due_.front());
  due_.pop_front();
  if (Kept* kept = report.ending ? nullptr : Find(*report.lease)) {
    report.progress = std::exchange(kept->progress, std::nullopt);
    kept->due = false;
  }
  return report;
}

LeaseKeeper::Kept* LeaseKeeper::Find(const Lease& lease) {
  const auto kept = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const Kept& k) { return k.lease.get() == &lease; });
  return kept == kept_.end() ? nullptr : &*kept;
}

void LeaseKeeper::CollectDue() {
  for (Kept& kept : kept_) {
    if (!kept.due || kept.reporting) continue;
    due_.push_back({kept.lease, std::nullopt, false});
    kept.reporting = true;
  }
  // Jobs that wait for their completion keep their leases, the one that is being completed too: the
  // network or the server's disk may be slower than a lease. Pictures that wait belong to jobs that
  // are still held, or whose completion waits as well.
  for (const Outgoing& outgoing : outgoing_) {
    if (waiting_due_ && outgoing.completes) due_.push_back({outgoing.lease, std::nullopt, true});
  }
  waiting_due_ = false;
}

void LeaseKeeper::ReportLoop(std::stop_token stop) {
  while (const std::optional<Report> report = TakeDue(stop)) {
    if (report->ending || report->lease->held()) Send(*report, stop);
    if (report->ending) continue;
    MutexLock lock(mutex_);
    if (Kept* kept = Find(*report->lease)) kept->reporting = false;
    changed_.NotifyAll();
  }
}

void LeaseKeeper::Send(const Report& report, std::stop_token stop) {
  Lease& lease = *report.lease;
  const Result<bool> cancelled = client_.Report(lease.job(), report.progress, std::move(stop));
  if (report.ending) return;
  if (!cancelled) {
    // Anything but a lost lease is the network's trouble: the next heartbeat tries again.
    if (cancelled.error().reason == kLeaseLost && lease.Leave(LeaseState::kLost)) {
      spdlog::warn("job={} lease lost, dropped", lease.job().job());
    }
    return;
  }
  if (!*cancelled || !lease.Leave(LeaseState::kFailing)) return;
  MutexLock lock(mutex_);
  cancelled_.push_back(report.lease);
  changed_.NotifyAll();
}

void LeaseKeeper::AcknowledgeLoop(std::stop_token stop) {
  MutexLock lock(mutex_);
  while (changed_.Wait(lock, stop, [this]() REQUIRES(mutex_) { return !cancelled_.empty(); })) {
    const std::shared_ptr<Lease> lease = cancelled_.front();
    lock.Unlock();
    SendFailure(*lease, {{Code::kCancelled, "CANCELLED", "the job was cancelled", ""}, false},
                stop);
    lock.Lock();
    cancelled_.pop_front();
    changed_.NotifyAll();
  }
}

void LeaseKeeper::Store(std::shared_ptr<Lease> lease, IndexedPicture picture,
                        std::stop_token stop) {
  MutexLock lock(mutex_);
  changed_.Wait(lock, [this]() REQUIRES(mutex_) { return outgoing_.size() < kMaxWaiting; });
  if (!lease->held()) return;
  outgoing_.push_back({std::move(lease), std::move(picture), false, {}, std::move(stop)});
  changed_.NotifyAll();
}

void LeaseKeeper::Complete(std::shared_ptr<Lease> lease, std::optional<IndexedPicture> last,
                           ResultNotes notes, std::stop_token stop) {
  MutexLock lock(mutex_);
  changed_.Wait(lock, [this]() REQUIRES(mutex_) { return outgoing_.size() < kMaxWaiting; });
  if (!lease->Leave(LeaseState::kEnding)) return;
  outgoing_.push_back({std::move(lease), std::move(last), true, std::move(notes), std::move(stop)});
  changed_.NotifyAll();
}

void LeaseKeeper::FlushOf(const Lease& lease) {
  MutexLock lock(mutex_);
  changed_.Wait(lock, [&]() REQUIRES(mutex_) {
    return std::none_of(outgoing_.begin(), outgoing_.end(),
                        [&](const Outgoing& outgoing) { return outgoing.lease.get() == &lease; });
  });
}

void LeaseKeeper::Flush() {
  MutexLock lock(mutex_);
  changed_.Wait(lock,
                [this]() REQUIRES(mutex_) { return outgoing_.empty() && cancelled_.empty(); });
}

void LeaseKeeper::SendLoop(std::stop_token stop) {
  MutexLock lock(mutex_);
  while (changed_.Wait(lock, stop, [this]() REQUIRES(mutex_) { return !outgoing_.empty(); })) {
    const Outgoing& next = outgoing_.front();  // Stays where it is while others come.
    lock.Unlock();
    const bool along =
        next.completes && next.picture && next.picture->picture.png.size() <= kMaxResultPngBytes;
    if (next.picture && !along) StorePicture(next);
    if (next.completes) CompleteJob(next, along);
    lock.Lock();
    outgoing_.pop_front();
    changed_.NotifyAll();
  }
}

void LeaseKeeper::StorePicture(const Outgoing& next) {
  Lease& lease = *next.lease;
  StoredResults& results = lease.results();
  // One that cannot be stored fails the job anyway, and nobody waits for a failed or lost one.
  if (!results.status || lease.gone()) return;
  std::string asset;
  results.status = CallWithRetries(lease, next.stop, [&]() -> Status {
    ATELIER_ASSIGN_OR_RETURN(asset, client_.Store(lease.job(), next.picture->picture.png));
    return {};
  });
  if (results.status) {
    v1::JobResult& result = results.At(next.picture->index);
    result.set_asset(asset);
    result.set_seed(next.picture->picture.seed);
    if (!next.picture->records) return;
    results.status = CallWithRetries(
        lease, next.stop, [&] { return client_.Record(lease.job(), next.picture->index, result); });
    if (results.status) return;
  }
  const Error& error = results.status.error();
  spdlog::warn("job={} reason={} a picture was not stored: {}", lease.job().job(), error.reason,
               error.message);
  if (error.reason == kLeaseLost) lease.Leave(LeaseState::kLost);
}

Status LeaseKeeper::StoreFilm(const Outgoing& next, ResultNotes& notes) {
  if (notes.film.bytes.empty()) return {};
  return EndWithRetries(*next.lease, next.stop, [&]() -> Status {
    ATELIER_ASSIGN_OR_RETURN(const std::string asset,
                             client_.Store(next.lease->job(), notes.film.bytes));
    notes.film.facts.set_asset(asset);
    return {};
  });
}

void LeaseKeeper::CompleteJob(const Outgoing& next, bool along) {
  StoredResults& results = next.lease->results();
  const v1::LeasedJob& job = next.lease->job();
  if (results.status) {
    if (along) {
      results.At(next.picture->index).set_png(next.picture->picture.png);
      results.At(next.picture->index).set_seed(next.picture->picture.seed);
    }
    ResultNotes notes = next.notes;
    notes.device_seconds = next.lease->device_seconds();
    results.status = StoreFilm(next, notes);
    if (results.status) {
      results.status = EndWithRetries(
          *next.lease, next.stop, [&] { return client_.Complete(job, results.pictures, notes); });
    }
    // Pictures that are refused would be in every attempt. Anything else leaves open what the
    // server took: the lease runs out if it did not.
    if (results.status || results.status.error().code != Code::kInvalidArgument) return;
  }
  const Error& error = results.status.error();
  if (error.reason == kLeaseLost) return;
  SendFailure(*next.lease, {error, IsRetryable(error.code), next.notes.warnings}, next.stop);
}

void LeaseKeeper::Fail(Lease& lease, const JobFailure& failure, std::stop_token stop) {
  {
    MutexLock lock(mutex_);
    if (!lease.Leave(LeaseState::kFailing)) return;
    failing_.push_back(&lease);
  }
  SendFailure(lease, failure, std::move(stop));
  MutexLock lock(mutex_);
  std::erase(failing_, &lease);
}

void LeaseKeeper::SendFailure(const Lease& lease, JobFailure failure, std::stop_token stop) {
  failure.device_seconds = lease.device_seconds();
  spdlog::info("job={} reason={} retryable={} ended: {}", lease.job().job(), failure.error.reason,
               failure.retryable, failure.error.message);
  (void)EndWithRetries(lease, std::move(stop), [&] { return client_.Fail(lease.job(), failure); });
}

std::vector<std::string> LeaseKeeper::Tokens() {
  MutexLock lock(mutex_);
  std::set<std::string> tokens;
  for (const Kept& kept : kept_) {
    if (kept.lease->held()) tokens.insert(kept.lease->job().lease());
  }
  for (const Outgoing& outgoing : outgoing_) tokens.insert(outgoing.lease->job().lease());
  for (const auto& lease : cancelled_) tokens.insert(lease->job().lease());
  for (const Lease* lease : failing_) tokens.insert(lease->job().lease());
  return {tokens.begin(), tokens.end()};
}

template <typename Call>
Status LeaseKeeper::CallWithRetries(const Lease& lease, std::stop_token stop, const Call& call) {
  Backoff backoff(backoff_, std::hash<std::string>()(lease.job().job()));
  int away = 0;
  while (true) {
    Status status = call();
    if (status) return status;
    const Error& error = status.error();
    // These are waited for, however long: the work is done, and no attempt after this one could be
    // taken either.
    const bool worth_it = TakesItLater(error) || (IsAway(error) && ++away < kTries);
    if (!worth_it || !timers_.SleepFor(std::min(backoff.Next(), beat_.load()), stop)) return status;
    // A lease that is ending is not among those that the keeper's threads speak of.
    if (TakesItLater(error)) (void)client_.Report(lease.job(), std::nullopt, stop);
  }
}

template <typename Call>
Status LeaseKeeper::EndWithRetries(const Lease& lease, std::stop_token stop, const Call& call) {
  Status ended = CallWithRetries(lease, stop, call);
  if (ended) return ended;
  spdlog::warn("job={} reason={} its end was not recorded: {}", lease.job().job(),
               ended.error().reason, ended.error().message);
  return ended;
}

}  // namespace atelier::runtime
