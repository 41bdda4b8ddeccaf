// DurationEstimate: how long jobs will still take, from how long others took.
//
// It follows the workers: each paints the batches that it leased one after the other, prepares the
// next one meanwhile, and ends the jobs of a batch together. So it knows which work is in front of
// a job: the rest of the batches that the workers have, the jobs before it in the queue, and its
// own batch. What work costs it learns by model, and apart for what is not
// painted (see JobWork::cost_key, WorkCost). In memory only. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "base/mutex.h"
#include "server/jobs/job_work.h"
#include "server/jobs/queue_time.h"
#include "server/jobs/work_cost.h"

namespace atelier::server {

/// What there is to do for a model, all tenants' jobs together.
struct ModelLoad {
  int64_t queued = 0;
  int64_t running = 0;
  /// What one worker would take for the queued ones; nothing while the model was not measured.
  std::optional<double> queued_seconds;
};

class DurationEstimate {
 public:
  /// `time` must outlive it.
  explicit DurationEstimate(const QueueTime& time) : time_(time) {}

  /// Jobs that succeeded under a server before this one, in the order of their ends.
  void Remember(const std::vector<JobRecord>& succeeded);

  /// A worker would take up to `max_jobs` of the models.
  void Asked(const std::string& worker, const std::vector<std::string>& models, int max_jobs);
  /// `job` entered or left the queue.
  void Queued(const JobRecord& job);
  void LeftQueue(const JobRecord& job);
  /// The worker leased `jobs` together.
  void Started(const std::string& worker, const std::vector<JobRecord>& jobs);
  /// `job` runs under a lease that a server before this one gave.
  void Resumed(const JobRecord& job);
  /// What the store says: these jobs wait, and these run. For a server that may have missed what
  /// others did.
  void Correct(const std::vector<JobRecord>& queued, const std::vector<JobRecord>& running);
  /// A running job reported how far it is.
  void Progressed(const std::string& id, const v1::JobProgress& progress);
  /// A running job is `job` now: final, or queued again.
  void Ended(const JobRecord& job);

  /// Seconds to the end of a job with `position` jobs of its model in front of it. Nothing when it
  /// is final, while its model was not measured, and in the queue while no worker takes its model.
  std::optional<double> Remaining(const JobRecord& job, int64_t position) const;

  /// Takes time as there are running jobs, and none for those that wait.
  ModelLoad LoadOf(const std::string& model) const;

 private:
  // Jobs that were leased together.
  struct Batch {
    std::string worker;
    std::string model;
    std::string cost_key;
    int64_t started_ms = 0;
    int open = 0;            // Jobs of it that still run.
    bool comparable = true;  // None of them was cancelled or lost.
    double pixels = 0;       // Of all its jobs;
    double step_pixels = 0;
    BatchTime succeeded;  // of those that succeeded.
    int64_t last_step_ms = 0;
  };
  // A running job, and how far it is.
  struct Run {
    JobWork work;
    std::shared_ptr<Batch> batch;  // Null when a server before this one leased it.
    int steps = 0;                 // 0 before the first report of a step.
    int step = 0;
    int first_step = 0;
    int64_t first_ms = 0;     // When first_step was reported,
    int64_t last_ms = 0;      // and `step`.
    double step_seconds = 0;  // Of the last step, as the worker said.
  };
  struct Worker {
    std::vector<std::string> models;
    int max_jobs = 1;
    int64_t asked_ms = 0;
    int64_t free_ms = 0;                          // When its last batch ended.
    std::set<std::string> warm;                   // Models that it has painted a batch of.
    std::vector<std::shared_ptr<Batch>> batches;  // Oldest first.
  };
  // What waits for one model.
  struct Waiting {
    struct Sizes {
      int64_t jobs = 0;
      double pixels = 0;
      double step_pixels = 0;
    };
    int64_t jobs = 0;
    std::map<std::string, Sizes> by_cost;   // By cost key.
    std::map<std::string, int64_t> by_key;  // By batch key.
  };

  void ChangeWaiting(const JobRecord& job, int sign) REQUIRES(mutex_);
  void CloseBatch(const std::shared_ptr<Batch>& batch) REQUIRES(mutex_);
  // Null while nothing of that cost key was measured.
  const WorkCost* CostOf(const std::string& cost_key) const REQUIRES(mutex_);
  // Seconds of all that waits; nothing while none of it was measured. What was not is taken to cost
  // what the rest does.
  std::optional<double> SecondsOf(const Waiting& waiting) const REQUIRES(mutex_);
  // Seconds a step.
  static double PaceOf(const Run& run);
  // Nothing before its first step.
  std::optional<double> LeftOfRun(const Run& run) const REQUIRES(mutex_);
  // Of a batch that began at `begin_ms`, or has not begun.
  double LeftOfBatch(const Batch& batch, std::optional<int64_t> begin_ms) const REQUIRES(mutex_);
  // Of the worker's batches up to `last`; of all of them when it is null.
  double LeftOfWorker(const Worker& worker, const Batch* last) const REQUIRES(mutex_);
  std::optional<double> LeftWhileRunning(const JobRecord& job) const REQUIRES(mutex_);
  std::optional<double> LeftInQueue(const JobRecord& job, int64_t position) const REQUIRES(mutex_);

  const QueueTime& time_;
  mutable Mutex mutex_;
  std::map<std::string, WorkCost> costs_ GUARDED_BY(mutex_);   // By cost key.
  std::map<std::string, Waiting> waiting_ GUARDED_BY(mutex_);  // By model.
  std::map<std::string, Worker> workers_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Run> runs_ GUARDED_BY(mutex_);  // By job.
};

}  // namespace atelier::server
