#include "server/jobs/duration_estimate.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace atelier::server {
namespace {

// A worker that waits for jobs asks again after at most 30 s; one that asks no more has ended.
constexpr int64_t kSilenceMs = 35'000;
// Starts of jobs that one lease began: the milliseconds of a transaction.
constexpr int64_t kSameLeaseMs = 5;

double Seconds(int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000.0; }

/// When `ahead` seconds of work are done by workers that are free after `free_after` seconds each.
double DoneAfter(double ahead, std::vector<double> free_after) {
  std::sort(free_after.begin(), free_after.end());
  double done = free_after.front();
  for (size_t workers = 1;; ++workers) {
    const bool all = workers == free_after.size();
    // Until the next worker joins in.
    const double room = all ? ahead : (free_after[workers] - done) * static_cast<double>(workers);
    if (all || ahead <= room) return done + ahead / static_cast<double>(workers);
    ahead -= room;
    done = free_after[workers];
  }
}

}  // namespace

void DurationEstimate::Remember(const std::vector<JobRecord>& succeeded) {
  const MutexLock lock(mutex_);
  // Which worker painted what is not known any more: taken as if by one.
  std::map<std::string, int64_t> free_ms;  // By model.
  for (size_t first = 0; first < succeeded.size();) {
    const JobRecord& job = succeeded[first];
    // Of a release that did not keep its size: it teaches nothing.
    if (job.pixels == 0) {
      ++first;
      continue;
    }
    BatchTime time;  // Of the jobs that were leased together.
    int64_t end_ms = job.ended_ms;
    size_t next = first;
    for (; next < succeeded.size(); ++next) {
      const JobRecord& other = succeeded[next];
      if (other.model != job.model || other.batch_key != job.batch_key) break;
      if (std::abs(other.started_ms - job.started_ms) > kSameLeaseMs) break;
      const JobWork work = WorkOf(other);
      v1::Job outcome;
      if (outcome.ParseFromString(other.outcome)) {
        const v1::JobProgress& progress = outcome.progress();
        time.step_seconds = std::max(time.step_seconds, progress.step_seconds() * progress.steps());
      }
      time.pixels += work.pixels;
      time.step_pixels += work.step_pixels;
      end_ms = std::max(end_ms, other.ended_ms);
    }
    const int64_t begin_ms = std::max(job.started_ms, free_ms[job.model]);
    time.busy_seconds = Seconds(std::max<int64_t>(0, end_ms - begin_ms));
    free_ms[job.model] = end_ms;
    costs_[WorkOf(job).cost_key].Learn(time);
    first = next;
  }
}

void DurationEstimate::Asked(const std::string& name, const std::vector<std::string>& models,
                             int max_jobs) {
  const MutexLock lock(mutex_);
  const int64_t now_ms = time_.NowMs();
  std::erase_if(workers_, [&](const auto& row) {
    return row.second.batches.empty() && now_ms - row.second.asked_ms > kSilenceMs;
  });
  Worker& worker = workers_[name];
  worker.models = models;
  worker.max_jobs = std::max(1, max_jobs);
  worker.asked_ms = now_ms;
}

void DurationEstimate::Queued(const JobRecord& job) {
  const MutexLock lock(mutex_);
  ChangeWaiting(job, 1);
}

void DurationEstimate::LeftQueue(const JobRecord& job) {
  const MutexLock lock(mutex_);
  ChangeWaiting(job, -1);
}

// A job may be told to have left before it is told to have come: the sums are right in the end.
void DurationEstimate::ChangeWaiting(const JobRecord& job, int sign) {
  const JobWork work = WorkOf(job);
  Waiting& waiting = waiting_[work.model];
  waiting.jobs += sign;
  Waiting::Sizes& sizes = waiting.by_cost[work.cost_key];
  sizes.jobs += sign;
  sizes.pixels += sign * work.pixels;
  sizes.step_pixels += sign * work.step_pixels;
  if (sizes.jobs == 0) waiting.by_cost.erase(work.cost_key);
  if ((waiting.by_key[work.batch_key] += sign) == 0) waiting.by_key.erase(work.batch_key);
  if (waiting.by_key.empty()) waiting_.erase(work.model);
}

void DurationEstimate::Started(const std::string& name, const std::vector<JobRecord>& jobs) {
  if (jobs.empty()) return;
  const MutexLock lock(mutex_);
  const auto batch = std::make_shared<Batch>();
  batch->worker = name;
  batch->model = jobs.front().model;
  batch->cost_key = WorkOf(jobs.front()).cost_key;
  batch->started_ms = jobs.front().started_ms;
  batch->open = static_cast<int>(jobs.size());
  for (const JobRecord& job : jobs) {
    JobWork work = WorkOf(job);
    batch->pixels += work.pixels;
    batch->step_pixels += work.step_pixels;
    runs_[job.id] = {.work = std::move(work), .batch = batch};
  }
  workers_[name].batches.push_back(batch);
}

void DurationEstimate::Resumed(const JobRecord& job) {
  const MutexLock lock(mutex_);
  runs_[job.id].work = WorkOf(job);
}

void DurationEstimate::Correct(const std::vector<JobRecord>& queued,
                               const std::vector<JobRecord>& running) {
  const MutexLock lock(mutex_);
  waiting_.clear();
  for (const JobRecord& job : queued) ChangeWaiting(job, 1);
  std::set<std::string> ids;
  for (const JobRecord& job : running) {
    ids.insert(job.id);
    Run& run = runs_[job.id];
    if (!run.batch) run.work = WorkOf(job);
  }
  std::vector<std::shared_ptr<Batch>> ended;
  std::erase_if(runs_, [&](const auto& row) {
    if (ids.contains(row.first)) return false;
    const std::shared_ptr<Batch>& batch = row.second.batch;
    if (!batch) return true;
    // When it ended is not known.
    batch->comparable = false;
    if (--batch->open == 0) ended.push_back(batch);
    return true;
  });
  for (const std::shared_ptr<Batch>& batch : ended) CloseBatch(batch);
}

void DurationEstimate::Progressed(const std::string& id, const v1::JobProgress& progress) {
  if (progress.steps() <= 0 || progress.step() <= 0) return;
  const MutexLock lock(mutex_);
  const auto found = runs_.find(id);
  // A report that came after the job's end.
  if (found == runs_.end()) return;
  Run& run = found->second;
  if (progress.step() == run.step) return;
  const int64_t now_ms = time_.NowMs();
  if (run.steps == 0) {
    run.first_step = progress.step();
    run.first_ms = now_ms;
  }
  run.steps = progress.steps();
  run.step = progress.step();
  run.last_ms = now_ms;
  run.step_seconds = progress.step_seconds();
  if (run.batch) run.batch->last_step_ms = now_ms;
}

void DurationEstimate::Ended(const JobRecord& job) {
  const MutexLock lock(mutex_);
  const auto found = runs_.find(job.id);
  if (found == runs_.end()) return;
  const Run run = std::move(found->second);
  runs_.erase(found);
  if (!run.batch) return;
  Batch& batch = *run.batch;
  if (job.state == JobState::kSucceeded) {
    batch.succeeded.pixels += run.work.pixels;
    batch.succeeded.step_pixels += run.work.step_pixels;
    batch.succeeded.step_seconds = std::max(batch.succeeded.step_seconds, PaceOf(run) * run.steps);
  } else if (job.state != JobState::kFailed) {
    batch.comparable = false;
  }
  if (--batch.open == 0) CloseBatch(run.batch);
}

void DurationEstimate::CloseBatch(const std::shared_ptr<Batch>& batch) {
  Worker& worker = workers_[batch->worker];
  const int64_t now_ms = time_.NowMs();
  BatchTime time = batch->succeeded;
  time.busy_seconds = Seconds(now_ms - std::max(batch->started_ms, worker.free_ms));
  if (batch->last_step_ms > 0) time.tail_seconds = Seconds(now_ms - batch->last_step_ms);
  time.cold = worker.warm.insert(batch->cost_key).second;
  worker.free_ms = now_ms;
  std::erase(worker.batches, batch);
  if (batch->comparable && time.pixels > 0) costs_[batch->cost_key].Learn(time);
}

const WorkCost* DurationEstimate::CostOf(const std::string& cost_key) const {
  const auto cost = costs_.find(cost_key);
  return cost != costs_.end() && cost->second.known() ? &cost->second : nullptr;
}

// By the clock once two steps were seen: pictures that do not fit into one batch are painted one
// set after the other, which a single step's time does not tell.
double DurationEstimate::PaceOf(const Run& run) {
  const int64_t elapsed_ms = run.last_ms - run.first_ms;
  if (run.step <= run.first_step || elapsed_ms <= 0) return run.step_seconds;
  return Seconds(elapsed_ms) / (run.step - run.first_step);
}

std::optional<double> DurationEstimate::LeftOfRun(const Run& run) const {
  if (run.steps == 0) return std::nullopt;
  const double steps = PaceOf(run) * std::max(0, run.steps - run.step);
  const WorkCost* cost = CostOf(run.work.cost_key);
  const double tail = cost ? cost->TailSeconds(run.batch ? run.batch->pixels : run.work.pixels) : 0;
  return std::max(0.0, steps + tail - Seconds(time_.NowMs() - run.last_ms));
}

double DurationEstimate::LeftOfBatch(const Batch& batch, std::optional<int64_t> begin_ms) const {
  const WorkCost* cost = CostOf(batch.cost_key);
  const double whole = cost ? cost->Seconds(batch.pixels, batch.step_pixels) : 0;
  if (!begin_ms) return whole;
  std::optional<double> by_steps;
  double not_begun = 0;  // More pictures than are painted together are painted in turns.
  for (const auto& [id, run] : runs_) {
    if (run.batch.get() != &batch) continue;
    const std::optional<double> left = LeftOfRun(run);
    if (left) by_steps = std::max(by_steps.value_or(0), *left);
    if (!left && cost) not_begun += cost->Seconds(run.work.pixels, run.work.step_pixels);
  }
  if (by_steps) return *by_steps + not_begun;
  // No step is done yet: late as it may be, all of them are still to come.
  const double least =
      cost ? cost->StepSeconds(batch.step_pixels) + cost->TailSeconds(batch.pixels) : 0;
  return std::max(least, whole - Seconds(time_.NowMs() - *begin_ms));
}

double DurationEstimate::LeftOfWorker(const Worker& worker, const Batch* last) const {
  double left = 0;
  for (size_t i = 0; i < worker.batches.size(); ++i) {
    const Batch& batch = *worker.batches[i];
    const int64_t begin_ms = std::max(batch.started_ms, worker.free_ms);
    left += LeftOfBatch(batch, i == 0 ? std::optional(begin_ms) : std::nullopt);
    if (&batch == last) break;
  }
  return left;
}

std::optional<double> DurationEstimate::Remaining(const JobRecord& job, int64_t position) const {
  const MutexLock lock(mutex_);
  if (job.state == JobState::kRunning) return LeftWhileRunning(job);
  if (job.state == JobState::kQueued) return LeftInQueue(job, position);
  return std::nullopt;
}

ModelLoad DurationEstimate::LoadOf(const std::string& model) const {
  const MutexLock lock(mutex_);
  ModelLoad load;
  for (const auto& [id, run] : runs_) load.running += run.work.model == model;
  const auto found = waiting_.find(model);
  const Waiting waiting = found != waiting_.end() ? found->second : Waiting();
  load.queued = waiting.jobs;
  load.queued_seconds = SecondsOf(waiting);
  if (waiting.jobs == 0 && CostOf(model)) load.queued_seconds = 0;
  return load;
}

std::optional<double> DurationEstimate::SecondsOf(const Waiting& waiting) const {
  double seconds = 0;
  int64_t measured = 0;
  for (const auto& [cost_key, sizes] : waiting.by_cost) {
    const WorkCost* cost = CostOf(cost_key);
    if (!cost) continue;
    seconds += cost->Seconds(sizes.pixels, sizes.step_pixels);
    measured += sizes.jobs;
  }
  if (measured <= 0) return std::nullopt;
  return seconds * static_cast<double>(waiting.jobs) / static_cast<double>(measured);
}

std::optional<double> DurationEstimate::LeftWhileRunning(const JobRecord& job) const {
  const auto found = runs_.find(job.id);
  if (found != runs_.end()) {
    if (const auto left = LeftOfRun(found->second)) return left;
  }
  const JobWork work = WorkOf(job);
  const WorkCost* cost = CostOf(work.cost_key);
  if (!cost) return std::nullopt;
  if (found != runs_.end() && found->second.batch) {
    const Batch& batch = *found->second.batch;
    return LeftOfWorker(workers_.at(batch.worker), &batch);
  }
  // A server before this one leased it: what else its worker has is not known.
  Batch alone;
  alone.model = work.model;
  alone.cost_key = work.cost_key;
  alone.pixels = work.pixels;
  alone.step_pixels = work.step_pixels;
  return LeftOfBatch(alone, job.started_ms);
}

std::optional<double> DurationEstimate::LeftInQueue(const JobRecord& job, int64_t position) const {
  const JobWork work = WorkOf(job);
  const WorkCost* cost = CostOf(work.cost_key);
  if (!cost) return std::nullopt;
  std::vector<double> free_after;
  int max_jobs = 1;
  for (const auto& [name, worker] : workers_) {
    const bool takes = std::count(worker.models.begin(), worker.models.end(), job.model) > 0;
    const bool lives = !worker.batches.empty() || time_.NowMs() - worker.asked_ms <= kSilenceMs;
    if (!takes || !lives) continue;
    free_after.push_back(LeftOfWorker(worker, nullptr));
    max_jobs = std::max(max_jobs, worker.max_jobs);
  }
  if (free_after.empty()) return std::nullopt;

  const double own = cost->Seconds(work.pixels, work.step_pixels);
  int64_t batch = 1;  // Jobs that will be leased with it, itself included.
  double mean = own;  // Of the jobs in front.
  const auto waiting = waiting_.find(job.model);
  if (waiting != waiting_.end() && waiting->second.jobs > 0) {
    const Waiting& all = waiting->second;
    const auto same = all.by_key.find(work.batch_key);
    if (same != all.by_key.end()) batch = std::clamp<int64_t>(same->second, 1, max_jobs);
    mean = SecondsOf(all).value_or(own) / static_cast<double>(all.jobs);
  }
  // Those in front that fill up its own batch are painted with it, not before it.
  const int64_t in_front = position - position % batch;
  const double begin = DoneAfter(mean * static_cast<double>(in_front), std::move(free_after));
  return begin + own * static_cast<double>(batch);
}

}  // namespace atelier::server
