#include "runtime/lease_loop.h"

#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/preparation.h"
#include "telemetry/log.h"

namespace atelier::runtime {

/// Carries one batch's events to its leases.
class LeaseLoop::Events : public BatchEvents {
 public:
  Events(LeaseLoop& loop, const Batch& batch) : loop_(loop), batch_(batch), latest_(batch.size()) {}

  bool Wanted(size_t job) override {
    return batch_[job].lease->held() && !loop_.abandon_.stop_requested();
  }
  void OnProgress(size_t job, v1::JobProgress progress) override {
    loop_.keeper_.Post(*batch_[job].lease, std::move(progress));
  }
  void OnPicture(size_t job, size_t index, PaintedPicture picture) override {
    std::optional<IndexedPicture> before =
        std::exchange(latest_[job], IndexedPicture{index, std::move(picture)});
    if (!before) return;
    loop_.keeper_.Store(batch_[job].lease, *std::move(before), loop_.abandon_.get_token());
  }
  void OnEnd(size_t job, Status end) override {
    const std::shared_ptr<Lease>& lease = batch_[job].lease;
    const PreparedJob& prepared = *batch_[job].prepared;
    const std::stop_token stop = loop_.abandon_.get_token();
    if (end) {
      loop_.keeper_.Complete(lease, std::move(latest_[job]), {prepared.warnings, prepared.receipt},
                             stop);
    } else if (end.error().code != Code::kCancelled) {
      const Error& error = end.error();
      loop_.keeper_.Fail(*lease, {error, IsRetryable(error.code), prepared.warnings}, stop);
    }
  }

 private:
  LeaseLoop& loop_;
  const Batch& batch_;
  // Of each job the picture that came last: the completion brings it if no other follows.
  std::vector<std::optional<IndexedPicture>> latest_;
};

LeaseLoop::LeaseLoop(const std::shared_ptr<grpc::ChannelInterface>& channel,
                     BatchExecutor& executor, Timers& timers, const LeaseLoopOptions& options)
    : options_(options),
      executor_(executor),
      timers_(timers),
      client_(channel, options.worker),
      keeper_(client_, timers, options.backoff),
      backoff_(options.backoff, std::hash<std::string>()(options.worker)) {}

LeaseLoop::~LeaseLoop() = default;

void LeaseLoop::Run() {
  std::thread fetcher([this] { FetchLoop(); });
  for (Batch batch = TakeBatch(); !batch.empty(); batch = TakeBatch()) Paint(batch);
  fetcher.join();
  keeper_.Flush();
  finished_.request_stop();
}

void LeaseLoop::Drain() {
  drain_.request_stop();
  if (timers_.SleepFor(options_.drain_grace, finished_.get_token())) abandon_.request_stop();
  MutexLock lock(mutex_);
  changed_.Wait(lock, finished_.get_token(), [] { return false; });
}

void LeaseLoop::FetchLoop() {
  while (!draining()) {
    std::vector<v1::LeasedJob> jobs = LeaseSome();
    if (jobs.empty()) break;
    OfferBatch(Prepare(std::move(jobs)));
  }
}

bool LeaseLoop::Register() {
  while (!draining()) {
    const auto lease_duration = client_.Register(options_.models);
    if (lease_duration) {
      keeper_.set_lease_duration(*lease_duration);
      backoff_.Reset();
      spdlog::info("worker={} lease_ms={} registered", options_.worker, lease_duration->count());
      return true;
    }
    spdlog::warn("worker={} not registered: {}", options_.worker, lease_duration.error().message);
    timers_.SleepFor(backoff_.Next(), drain_.get_token());
  }
  return false;
}

std::vector<v1::LeasedJob> LeaseLoop::LeaseSome() {
  while (!draining()) {
    if (!registered_ && !(registered_ = Register())) break;
    auto jobs = client_.LeaseJobs(options_.max_jobs, options_.poll_wait, drain_.get_token());
    if (jobs) {
      backoff_.Reset();
      if (!jobs->empty()) return std::move(*jobs);
      continue;
    }
    if (jobs.error().reason == kUnknownWorker) {
      registered_ = false;
      continue;
    }
    if (draining()) break;
    spdlog::warn("worker={} no lease: {}", options_.worker, jobs.error().message);
    timers_.SleepFor(backoff_.Next(), drain_.get_token());
  }
  return {};
}

LeaseLoop::Batch LeaseLoop::Prepare(std::vector<v1::LeasedJob> jobs) {
  // All are kept from the start: the last one waits while the first ones are prepared.
  std::vector<std::shared_ptr<Lease>> leases;
  for (v1::LeasedJob& job : jobs) {
    spdlog::info("job={} attempt={} traceparent={} leased", job.job(), job.attempt(),
                 job.traceparent());
    leases.push_back(std::make_shared<Lease>(std::move(job)));
    keeper_.Keep(leases.back());
  }
  const std::stop_callback interrupt(drain_.get_token(), [&leases] {
    for (const auto& lease : leases) lease->Interrupt();
  });
  Batch batch;
  for (const auto& lease : leases) {
    if (!lease->held()) continue;
    if (draining()) {
      HandBack(*lease);
      continue;
    }
    Preparation prepared = PrepareJob(executor_, lease->job(), lease->stop_token());
    if (prepared.status) {
      batch.push_back({lease, std::move(prepared.job)});
    } else if (draining()) {
      HandBack(*lease);
    } else {
      const Error& error = prepared.status.error();
      keeper_.Fail(*lease, {error, IsRetryable(error.code), prepared.warnings},
                   abandon_.get_token());
    }
  }
  return batch;
}

void LeaseLoop::OfferBatch(Batch batch) {
  MutexLock lock(mutex_);
  if (!batch.empty()) {
    next_ = std::move(batch);
    changed_.NotifyAll();
  }
  // Not before the painter took it is the next one leased: other workers may be idle.
  changed_.Wait(lock, drain_.get_token(), [this]() REQUIRES(mutex_) { return next_.empty(); });
  Batch left = std::move(next_);
  next_.clear();
  lock.Unlock();
  HandBack(left);
}

LeaseLoop::Batch LeaseLoop::TakeBatch() {
  MutexLock lock(mutex_);
  changed_.Wait(lock, drain_.get_token(), [this]() REQUIRES(mutex_) { return !next_.empty(); });
  if (draining()) return {};
  Batch batch = std::move(next_);
  next_.clear();
  changed_.NotifyAll();
  return batch;
}

void LeaseLoop::Paint(const Batch& batch) {
  std::vector<PreparedJob*> jobs;
  for (const PreparedLease& prepared : batch) jobs.push_back(prepared.prepared.get());
  Events events(*this, batch);
  executor_.Paint(jobs, events);
  if (draining()) {
    HandBack(batch);
    return;
  }
  for (const PreparedLease& prepared : batch) {
    const Error error{Code::kInternal, "NO_RESULT", "the worker painted no picture", ""};
    keeper_.Fail(*prepared.lease, {error, false}, abandon_.get_token());
  }
}

void LeaseLoop::HandBack(const Batch& batch) {
  for (const PreparedLease& prepared : batch) HandBack(*prepared.lease);
}

void LeaseLoop::HandBack(Lease& lease) {
  const Error error{Code::kUnavailable, "WORKER_DRAINING", "the worker is shutting down", ""};
  keeper_.Fail(lease, {error, true}, abandon_.get_token());
}

}  // namespace atelier::runtime
