#include "runtime/lease_keeper.h"

#include <algorithm>
#include <functional>

#include "telemetry/log.h"

namespace atelier::runtime {
namespace {

constexpr std::chrono::milliseconds kDefaultBeat{3000};
constexpr std::chrono::milliseconds kShortestBeat{10};
/// Tries of one completion or failure; with the default back-off about half a minute, after which
/// the lease has run out anyway.
constexpr int kEndTries = 12;
/// Results that may wait to be sent: a batch. More would only pile up in memory.
constexpr size_t kMaxCompletions = 64;

/// The server may be back soon.
bool IsAway(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kDeadlineExceeded;
}

/// Its disk may have room again.
bool IsFull(const Error& error) { return error.reason == kStorageFull; }

}  // namespace

LeaseKeeper::LeaseKeeper(DispatchClient& client, Timers& timers, const BackoffOptions& backoff)
    : client_(client), timers_(timers), backoff_(backoff), beat_(kDefaultBeat) {
  complete_thread_ = std::jthread([this](std::stop_token stop) { CompleteLoop(stop); });
  report_thread_ = std::jthread([this](std::stop_token stop) { ReportLoop(stop); });
  beat_thread_ = std::jthread([this](std::stop_token stop) { BeatLoop(stop); });
}

LeaseKeeper::~LeaseKeeper() {
  complete_thread_.request_stop();
  beat_thread_.request_stop();
  report_thread_.request_stop();
}

void LeaseKeeper::set_lease_duration(std::chrono::milliseconds duration) {
  beat_.store(std::max(duration / 3, kShortestBeat));
}

void LeaseKeeper::Keep(std::shared_ptr<Lease> lease) {
  std::lock_guard lock(mutex_);
  kept_.push_back({std::move(lease), false, std::nullopt});
}

void LeaseKeeper::Post(const Lease& lease, v1::JobProgress progress) {
  std::lock_guard lock(mutex_);
  const auto kept = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const Kept& k) { return k.lease.get() == &lease; });
  if (kept == kept_.end()) return;
  if (kept->progress && progress.preview().empty()) {
    progress.mutable_preview()->swap(*kept->progress->mutable_preview());
  }
  kept->progress = std::move(progress);
  kept->due = true;
  changed_.notify_all();
}

void LeaseKeeper::BeatLoop(std::stop_token stop) {
  while (timers_.SleepFor(beat_.load(), stop)) {
    std::lock_guard lock(mutex_);
    for (Kept& kept : kept_) kept.due = true;
    waiting_due_ = true;
    changed_.notify_all();
  }
}

std::vector<LeaseKeeper::Report> LeaseKeeper::TakeDue(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  std::vector<Report> due;
  changed_.wait(lock, stop, [&] {
    std::erase_if(kept_, [](const Kept& kept) { return !kept.lease->held(); });
    const bool waiting = waiting_due_ && completions_.size() > 1;
    return waiting ||
           std::any_of(kept_.begin(), kept_.end(), [](const Kept& kept) { return kept.due; });
  });
  if (stop.stop_requested()) return due;
  for (Kept& kept : kept_) {
    if (!kept.due) continue;
    due.push_back({kept.lease, std::move(kept.progress), false});
    kept.due = false;
    kept.progress.reset();
  }
  // Results that wait behind a slow one keep their leases; the first is spoken for by its sending.
  for (size_t i = 1; waiting_due_ && i < completions_.size(); ++i) {
    due.push_back({completions_[i].lease, std::nullopt, true});
  }
  waiting_due_ = false;
  return due;
}

void LeaseKeeper::ReportLoop(std::stop_token stop) {
  while (!stop.stop_requested()) {
    for (const Report& report : TakeDue(stop)) {
      if (report.ending || report.lease->held()) Send(report);
    }
  }
}

void LeaseKeeper::Send(const Report& report) {
  Lease& lease = *report.lease;
  const Result<bool> cancelled =
      client_.Report(lease.job(), report.progress, report_thread_.get_stop_token());
  if (report.ending) return;
  if (!cancelled) {
    // Anything but a lost lease is the network's trouble: the next heartbeat tries again.
    if (cancelled.error().reason == kLeaseLost && lease.Leave(LeaseState::kLost)) {
      spdlog::warn("job={} lease lost, dropped", lease.job().job());
    }
    return;
  }
  if (*cancelled) {
    const Error error{Code::kCancelled, "CANCELLED", "the job was cancelled", ""};
    Fail(lease, {error, false}, report_thread_.get_stop_token());
  }
}

void LeaseKeeper::Complete(std::shared_ptr<Lease> lease, PaintedPictures pictures,
                           std::vector<Warning> warnings, std::stop_token stop) {
  if (!lease->Leave(LeaseState::kEnding)) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return completions_.size() < kMaxCompletions; });
  completions_.push_back(
      {std::move(lease), std::move(pictures), std::move(warnings), std::move(stop)});
  changed_.notify_all();
}

void LeaseKeeper::Flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return completions_.empty(); });
}

void LeaseKeeper::CompleteLoop(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !completions_.empty(); })) {
    const Completion& next = completions_.front();  // Stays where it is while others come.
    lock.unlock();
    EndWithRetries(*next.lease, next.stop, [&] {
      return client_.Complete(next.lease->job(), next.pictures, next.warnings);
    });
    lock.lock();
    completions_.pop_front();
    changed_.notify_all();
  }
}

void LeaseKeeper::Fail(Lease& lease, const JobFailure& failure, std::stop_token stop) {
  if (!lease.Leave(LeaseState::kEnding)) return;
  spdlog::info("job={} reason={} retryable={} ended: {}", lease.job().job(), failure.error.reason,
               failure.retryable, failure.error.message);
  EndWithRetries(lease, stop, [&] { return client_.Fail(lease.job(), failure); });
}

template <typename Call>
void LeaseKeeper::EndWithRetries(const Lease& lease, std::stop_token stop, const Call& call) {
  Backoff backoff(backoff_, std::hash<std::string>()(lease.job().job()));
  int away = 0;
  while (true) {
    const Status status = call();
    if (status) return;
    const Error& error = status.error();
    // A full disk is waited for, however long: the work is done, and no attempt after this one
    // could be stored either.
    const bool worth_it = IsFull(error) || (IsAway(error) && ++away < kEndTries);
    if (worth_it && timers_.SleepFor(std::min(backoff.Next(), beat_.load()), stop)) {
      // A lease that is ending is not among those that the keeper's threads speak of.
      if (IsFull(error)) (void)client_.Report(lease.job(), std::nullopt, stop);
      continue;
    }
    spdlog::warn("job={} reason={} its end was not recorded: {}", lease.job().job(), error.reason,
                 error.message);
    return;
  }
}

}  // namespace atelier::runtime
