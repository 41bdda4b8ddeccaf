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

/// The server may be back soon; everything else is its last word.
bool WorthRetrying(Code code) {
  return code == Code::kUnavailable || code == Code::kDeadlineExceeded;
}

}  // namespace

LeaseKeeper::LeaseKeeper(DispatchClient& client, Timers& timers, const BackoffOptions& backoff)
    : client_(client), timers_(timers), backoff_(backoff), beat_(kDefaultBeat) {
  report_thread_ = std::jthread([this](std::stop_token stop) { ReportLoop(stop); });
  beat_thread_ = std::jthread([this](std::stop_token stop) { BeatLoop(stop); });
}

LeaseKeeper::~LeaseKeeper() {
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
    changed_.notify_all();
  }
}

std::vector<LeaseKeeper::Report> LeaseKeeper::TakeDue(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  std::vector<Report> due;
  changed_.wait(lock, stop, [&] {
    std::erase_if(kept_, [](const Kept& kept) { return !kept.lease->held(); });
    return std::any_of(kept_.begin(), kept_.end(), [](const Kept& kept) { return kept.due; });
  });
  if (stop.stop_requested()) return due;
  for (Kept& kept : kept_) {
    if (!kept.due) continue;
    due.push_back({kept.lease, std::move(kept.progress)});
    kept.due = false;
    kept.progress.reset();
  }
  return due;
}

void LeaseKeeper::ReportLoop(std::stop_token stop) {
  while (!stop.stop_requested()) {
    for (const Report& report : TakeDue(stop)) {
      if (report.lease->held()) Send(report);
    }
  }
}

void LeaseKeeper::Send(const Report& report) {
  Lease& lease = *report.lease;
  const Result<bool> cancelled = client_.Report(lease.job(), report.progress);
  if (!cancelled) {
    // Anything but a lost lease is the network's trouble: the next heartbeat tries again.
    if (cancelled.error().reason == kLeaseLost && lease.Leave(LeaseState::kLost)) {
      spdlog::warn("job={} lease lost, dropped", lease.job().job());
    }
    return;
  }
  if (*cancelled) {
    Fail(lease, Error{Code::kCancelled, "CANCELLED", "the job was cancelled", ""}, false,
         report_thread_.get_stop_token());
  }
}

void LeaseKeeper::Complete(Lease& lease, const PaintedPictures& pictures, std::stop_token stop) {
  if (!lease.Leave(LeaseState::kEnding)) return;
  EndWithRetries(lease, stop, [&] { return client_.Complete(lease.job(), pictures); });
}

void LeaseKeeper::Fail(Lease& lease, const Error& error, bool retryable, std::stop_token stop) {
  if (!lease.Leave(LeaseState::kEnding)) return;
  spdlog::info("job={} reason={} retryable={} ended: {}", lease.job().job(), error.reason,
               retryable, error.message);
  EndWithRetries(lease, stop, [&] { return client_.Fail(lease.job(), error, retryable); });
}

template <typename Call>
void LeaseKeeper::EndWithRetries(const Lease& lease, std::stop_token stop, const Call& call) {
  Backoff backoff(backoff_, std::hash<std::string>()(lease.job().job()));
  for (int attempt = 1;; ++attempt) {
    const Status status = call();
    if (status) return;
    const bool again = WorthRetrying(status.error().code) && attempt < kEndTries &&
                       timers_.SleepFor(backoff.Next(), stop);
    if (again) continue;
    spdlog::warn("job={} reason={} its end was not recorded: {}", lease.job().job(),
                 status.error().reason, status.error().message);
    return;
  }
}

}  // namespace atelier::runtime
