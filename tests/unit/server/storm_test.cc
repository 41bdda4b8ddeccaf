// Many workers that die, drain and come late, clients that cancel, and watchers: nothing is lost
// and nothing is done twice.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "base/random.h"
#include "server/store/sqlite/sqlite_store.h"
#include "unit/server/backend.h"
#include "unit/server/recorded_news.h"

namespace atelier::server {
namespace {

constexpr int kJobs = 120;
constexpr int kWorkers = 4;

struct Storm {
  explicit Storm(JobStore& store)
      : queue(store, metrics, clock, {kJobs, 1000}),
        workers(store, clock, kLease * 1000),
        dispatcher(queue, workers, metrics, {kLease}) {}

  FakeClock clock;
  telemetry::Metrics metrics;
  JobQueue queue;
  WorkerRegistry workers;
  Dispatcher dispatcher;
  JobFollowers followers{queue, clock, [](JobState) { return Status(); }};
  std::atomic<bool> over{false};
  std::atomic<int> completions{0};
};

JobRecord MakeJob(int number) {
  JobRecord job;
  job.id = std::to_string(number);
  job.model = "models/a";
  job.batch_key = "models/a|" + std::to_string(number % 3);
  return job;
}

// Does with a leased job what a worker of this world may do.
void Treat(Storm& storm, const JobRecord& job, Random& random) {
  const Result<bool> cancel = storm.dispatcher.ReportProgress(job.id, job.lease->token, nullptr);
  if (cancel && *cancel) {
    (void)storm.dispatcher.Fail(job.id, job.lease->token, {kCancelledReason, "stopped", false});
  } else if (random.Chance(0.3)) {
    (void)storm.dispatcher.Fail(job.id, job.lease->token, {"DRAINING", "bye", true});
  } else if (random.Chance(0.7)) {
    if (storm.dispatcher.Complete(job.id, job.lease->token, {})) ++storm.completions;
  }
  // Else it dies: the lease must run out.
}

void Work(Storm& storm, int number) {
  Random random(number);
  const std::string name = "worker-" + std::to_string(number);
  (void)storm.workers.Register(name, {MakeModel("models/a")});
  std::vector<JobRecord> late;
  while (!storm.over) {
    const auto jobs =
        storm.dispatcher.LeaseJobs(name, 3, std::chrono::milliseconds(5), [] { return Status(); });
    if (!jobs) return;
    // A dead worker that comes back reports what it had long ago.
    for (const JobRecord& job : late) Treat(storm, job, random);
    late.clear();
    for (const JobRecord& job : *jobs) {
      Treat(storm, job, random);
      if (random.Chance(0.3)) late.push_back(job);
    }
  }
}

void Follow(Storm& storm, int first, std::atomic<int>& ends) {
  for (int job = first; job < kJobs; job += 3) {
    const auto news = std::make_shared<RecordedNews>();
    storm.followers.Follow({std::to_string(job)}, news);
    const auto end = news->End(std::chrono::minutes(2));
    if (end && *end && IsFinal((*end)->state)) ++ends;
  }
}

// Cancels some jobs and lets time pass until nothing waits or runs, at most a minute.
void Steer(Storm& storm) {
  Random random(99);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < deadline) {
    storm.clock.Advance(kLease / 4);
    storm.dispatcher.ExpireLeases();
    if (random.Chance(0.1)) (void)storm.queue.Cancel(std::to_string(random.Index(kJobs)));
    const auto counts = storm.queue.store().Count();
    if (counts && counts->queued + counts->running == 0) return;
  }
}

}  // namespace

TEST_CASE("In a storm of dying workers every job still ends exactly once", "[dispatch]") {
  const testing::TempDir dir;
  std::unique_ptr<JobStore> store = std::make_unique<MemoryStore>();
  if (GENERATE(false, true)) store = *SqliteStore::Open((dir.path() / "jobs.sqlite").string());
  Storm storm(*store);
  for (int i = 0; i < kJobs; ++i) REQUIRE(storm.queue.Submit(MakeJob(i)).has_value());

  std::atomic<int> ends{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorkers; ++i) threads.emplace_back([&, i] { Work(storm, i); });
  for (int i = 0; i < 3; ++i) threads.emplace_back([&, i] { Follow(storm, i, ends); });
  Steer(storm);
  storm.over = true;
  const auto counts = store->Count();
  REQUIRE(counts->queued + counts->running == 0);
  for (std::thread& thread : threads) thread.join();

  int succeeded = 0;
  int cancelled = 0;
  const auto jobs = store->List(kJobs, kJobs + 1);
  for (const JobRecord& job : *jobs) {
    if (job.state == JobState::kSucceeded) ++succeeded;
    if (job.state == JobState::kCancelled) ++cancelled;
  }
  CHECK(succeeded + cancelled == kJobs);
  CHECK(storm.completions == succeeded);
  CHECK(ends == kJobs);
  CHECK(storm.metrics.FinishedJobs("succeeded").Value() == succeeded);
  CHECK(storm.metrics.FinishedJobs("cancelled").Value() == cancelled);
  CHECK(storm.metrics.queue_depth.Value() == 0);
  CHECK(storm.metrics.running_jobs.Value() == 0);
}

}  // namespace atelier::server
