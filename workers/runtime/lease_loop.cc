#include "runtime/lease_loop.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/device_share.h"
#include "runtime/preparation.h"
#include "telemetry/log.h"

namespace atelier::runtime {
namespace {

/// After so many the attempts count: the job may be what takes the service down.
constexpr int kMaxHandBacks = 3;
/// How often a worker that asks for no jobs tells the server that it is there: a server gives up on
/// one, and in the end on its models, that it does not hear of for a lease and half a minute.
constexpr std::chrono::seconds kStayKnown{10};
/// Jobs that are remembered for it.
constexpr size_t kRememberedJobs = 1024;
/// Batches that are painted in turns at most. More would spread a device over more long jobs.
constexpr int kMaxPainting = 4;

}  // namespace

/// Carries one batch's events to its leases.
class LeaseLoop::Events : public BatchEvents {
 public:
  Events(LeaseLoop& loop, const Batch& batch)
      : loop_(loop),
        batch_(batch),
        latest_(batch.size()),
        films_(batch.size()),
        share_(*loop.options_.clock) {
    for (const PreparedLease& prepared : batch) share_.Add(prepared.lease);
  }
  ~Events() override {
    if (!gave_turn_) loop_.GaveTurn();
  }

  bool Wanted(size_t job) override {
    return batch_[job].lease->held() && !loop_.abandon_.stop_requested() && !makes_room_;
  }
  void OnDevice(bool has) override {
    share_.OnDevice(has);
    if (has) return;
    if (!std::exchange(gave_turn_, true)) loop_.GaveTurn();
    // What is painted of these jobs stays theirs: they may go on later, here or elsewhere.
    const bool may_stop = std::all_of(batch_.begin(), batch_.end(), Records);
    if (may_stop && loop_.IsCrowded()) makes_room_ = true;
  }
  /// Whether the batch was left unfinished so that others are painted.
  bool makes_room() const { return makes_room_; }
  void OnProgress(size_t job, v1::JobProgress progress) override {
    share_.Settle();
    loop_.keeper_.Post(*batch_[job].lease, std::move(progress));
  }
  void OnPicture(size_t job, size_t index, PaintedPicture picture) override {
    if (Records(batch_[job])) {
      IndexedPicture recorded{index, std::move(picture), true};
      loop_.keeper_.Store(batch_[job].lease, std::move(recorded), loop_.abandon_.get_token());
      return;
    }
    std::optional<IndexedPicture> before =
        std::exchange(latest_[job], IndexedPicture{index, std::move(picture)});
    if (!before) return;
    loop_.keeper_.Store(batch_[job].lease, *std::move(before), loop_.abandon_.get_token());
  }
  void OnFilm(size_t job, PaintedFilm film) override { films_[job] = std::move(film); }
  void OnEnd(size_t job, Status end) override {
    share_.End(job);
    const std::shared_ptr<Lease>& lease = batch_[job].lease;
    const PreparedJob& prepared = *batch_[job].prepared;
    const std::stop_token stop = loop_.abandon_.get_token();
    if (end) {
      ResultNotes notes{prepared.warnings, prepared.receipt};
      notes.film = std::move(films_[job]);
      loop_.keeper_.Complete(lease, std::move(latest_[job]), std::move(notes), stop);
    } else if (end.error().code != Code::kCancelled) {
      const Error& error = end.error();
      loop_.keeper_.Fail(*lease, {error, IsRetryable(error.code), prepared.warnings}, stop);
    }
  }

 private:
  LeaseLoop& loop_;
  const Batch& batch_;
  // By job.
  // Of each job the picture that came last: the completion brings it if no other follows.
  std::vector<std::optional<IndexedPicture>> latest_;
  std::vector<PaintedFilm> films_;
  DeviceShare share_;
  bool gave_turn_ = false;
  bool makes_room_ = false;
};

LeaseLoop::LeaseLoop(const std::shared_ptr<grpc::ChannelInterface>& channel,
                     BatchExecutor& executor, Timers& timers, const LeaseLoopOptions& options)
    : options_(options),
      executor_(executor),
      timers_(timers),
      client_(channel, options.worker, options.reconnect),
      keeper_(client_, timers, options.backoff),
      backoff_(options.backoff, std::hash<std::string>()(options.worker)) {}

LeaseLoop::~LeaseLoop() = default;

void LeaseLoop::Run() {
  std::thread fetcher([this] { FetchLoop(); });
  std::vector<std::thread> others;
  for (int i = 1; i < kMaxPainting; ++i) others.emplace_back([this] { PaintLoop(false); });
  PaintLoop(true);
  for (std::thread& other : others) other.join();
  fetcher.join();
  keeper_.Flush();
  finished_.request_stop();
}

void LeaseLoop::PaintLoop(bool first) {
  for (Batch batch = TakeBatch(first); !batch.empty(); batch = TakeBatch(first)) {
    Paint(batch);
    MutexLock lock(mutex_);
    --painting_;
    changed_.NotifyAll();
  }
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
  // The last call for jobs may have been answered after nobody listened any more.
  if (!registered_) return;
  const Status left = client_.Leave(keeper_.Tokens());
  if (!left) spdlog::warn("worker={} not signed off: {}", options_.worker, left.error().message);
}

bool LeaseLoop::Register() {
  while (!draining()) {
    const auto lease_duration = client_.Register(options_.models);
    if (lease_duration) {
      keeper_.set_lease_duration(*lease_duration);
      NoteHealthy();
      spdlog::info("worker={} lease_ms={} registered", options_.worker, lease_duration->count());
      return true;
    }
    BackOff("not registered", lease_duration.error());
  }
  return false;
}

std::vector<v1::LeasedJob> LeaseLoop::LeaseSome() {
  while (!draining()) {
    if (!registered_ && !(registered_ = Register())) break;
    if (const Status ready = executor_.Ready(drain_.get_token()); !ready) {
      StayKnown();
      BackOff("takes no jobs", ready.error());
      continue;
    }
    auto jobs = client_.LeaseJobs(options_.max_jobs, options_.poll_wait, drain_.get_token());
    if (jobs) {
      NoteHealthy();
      if (!jobs->empty()) return std::move(*jobs);
      continue;
    }
    if (jobs.error().reason == kUnknownWorker) {
      registered_ = false;
      continue;
    }
    BackOff("no lease", jobs.error());
  }
  return {};
}

void LeaseLoop::StayKnown() {
  const Clock::Monotonic now = options_.clock->NowMonotonic();
  if (now - last_registered_ < kStayKnown) return;
  last_registered_ = now;
  // Where this fails the server is away, too, or restarted: the next lease finds out.
  (void)client_.Register(options_.models);
}

void LeaseLoop::NoteHealthy() {
  backoff_.Reset();
  trouble_since_.reset();
  if (!std::exchange(healthy_, true)) options_.on_health(true);
}

void LeaseLoop::BackOff(const char* what, const Error& error) {
  if (draining()) return;
  spdlog::warn("worker={} {}: {}", options_.worker, what, error.message);
  const Clock::Monotonic now = options_.clock->NowMonotonic();
  if (!trouble_since_) trouble_since_ = now;
  const bool long_away = now - *trouble_since_ >= options_.away_for_long;
  if (long_away && std::exchange(healthy_, false)) options_.on_health(false);
  timers_.SleepFor(backoff_.Next(), drain_.get_token());
}

JobFailure LeaseLoop::FailureOf(const Lease& lease, const Preparation& prepared) {
  const Error& error = prepared.status.error();
  JobFailure failure{error, IsRetryable(error.code), prepared.warnings};
  const Status ready = failure.retryable ? executor_.Ready(lease.stop_token()) : Status();
  if (ready) return failure;
  if (hand_backs_.size() >= kRememberedJobs) hand_backs_.clear();
  failure.uncounted = ++hand_backs_[lease.job().job()] <= kMaxHandBacks;
  failure.error = ready.error();
  return failure;
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
      keeper_.Fail(*lease, FailureOf(*lease, prepared), abandon_.get_token());
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

LeaseLoop::Batch LeaseLoop::TakeBatch(bool first) {
  MutexLock lock(mutex_);
  changed_.Wait(lock, drain_.get_token(), [&]() REQUIRES(mutex_) {
    // The others help out alone: kernels have threads and memory for each thread that calls them.
    return !next_.empty() && unshared_ == 0 && (first || painting_ > 0);
  });
  if (draining()) return {};
  ++painting_;
  ++unshared_;
  Batch batch = std::move(next_);
  next_.clear();
  changed_.NotifyAll();
  return batch;
}

bool LeaseLoop::Records(const PreparedLease& prepared) {
  return prepared.prepared->records_pictures;
}

bool LeaseLoop::IsCrowded() {
  MutexLock lock(mutex_);
  return painting_ >= kMaxPainting && !next_.empty() &&
         std::none_of(next_.begin(), next_.end(), Records);
}

void LeaseLoop::GaveTurn() {
  MutexLock lock(mutex_);
  --unshared_;
  changed_.NotifyAll();
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
  if (events.makes_room()) {
    const Error room{Code::kUnavailable, "YIELDED", "others wait longer than a turn", ""};
    for (const PreparedLease& prepared : batch) HandBack(*prepared.lease, room);
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
  HandBack(lease, {Code::kUnavailable, "WORKER_DRAINING", "the worker is shutting down", ""});
}

void LeaseLoop::HandBack(Lease& lease, const Error& error) {
  // What is painted is recorded first.
  keeper_.FlushOf(lease);
  keeper_.Fail(lease, {.error = error, .retryable = true, .uncounted = true}, abandon_.get_token());
}

}  // namespace atelier::runtime
