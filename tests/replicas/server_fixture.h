// One of several servers in the test's process, all over one PostgreSQL: what main.cc makes of the
// queue, without ports. Each has a wall clock of its own.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/postgres_server.h"
#include "server/access/token_table.h"
#include "server/dispatch/dispatcher.h"
#include "server/dispatch/lease_waiters.h"
#include "server/jobs/job_followers.h"
#include "server/jobs/periodic.h"
#include "server/replica.h"
#include "server/store/postgres/postgres_store.h"
#include "support/eventually.h"
#include "unit/server/recorded_news.h"

namespace atelier::server {

using namespace std::chrono_literals;

inline constexpr char kModel[] = "models/m";
inline constexpr std::chrono::milliseconds kShortLease = 1500ms;

// A machine whose wall clock goes wrong.
class WrongClock final : public Clock {
 public:
  explicit WrongClock(std::chrono::minutes ahead) : ahead_(ahead) {}
  Monotonic NowMonotonic() const override { return SystemClock().NowMonotonic(); }
  Wall NowWall() const override { return SystemClock().NowWall() + ahead_; }

 private:
  const std::chrono::minutes ahead_;
};

inline std::unique_ptr<PostgresStore> OpenShared(const std::string& url) {
  auto store =
      PostgresStore::Open({.connection = {.url = url, .is_servers = true}, .connections = 8});
  INFO((store ? "" : store.error().message));
  REQUIRE(store.has_value());
  return *std::move(store);
}

struct Server {
  explicit Server(const std::string& url, std::chrono::minutes clock_ahead = 0min,
                  JobQueue::Options options = {})
      : clock(clock_ahead),
        store(OpenShared(url)),
        sharing(*store->shared()),
        queue(*store, metrics, clock, WithSharing(std::move(options))),
        workers(*store, clock, kShortLease + 35s, &sharing),
        dispatcher(queue, workers, metrics, {kShortLease}),
        tokens(*store, clock, &sharing) {
    REQUIRE(tokens.Recover());
    REQUIRE(workers.Recover());
    const auto running = queue.Recover();
    REQUIRE(running.has_value());
    dispatcher.Recover(*running);
    followers.emplace(queue, SystemClock(), [](JobState) { return Status(); });
    waiters.emplace(dispatcher, queue.feed());
    replica.emplace(Replica::Parts{sharing, queue, dispatcher, workers, tokens, metrics});
    expire.emplace(30ms, [this] { expired += dispatcher.ExpireLeases(); });
  }

  JobQueue::Options WithSharing(JobQueue::Options options) {
    options.sharing = &sharing;
    return options;
  }

  std::string Submit(const std::string& id, const QueueTerms& terms = {}) {
    JobRecord job;
    job.id = id;
    job.spec = "spec";
    job.model = kModel;
    job.batch_key = std::string(kModel) + "|1";
    const auto queued = queue.Submit(job, terms);
    INFO((queued ? "" : queued.error().message));
    REQUIRE(queued.has_value());
    return id;
  }
  void Register(const std::string& worker) {
    v1::Model model;
    model.set_name(kModel);
    REQUIRE(workers.Register(worker, {model}));
  }
  /// The next job, waited for.
  JobRecord LeaseOne(const std::string& worker, std::chrono::milliseconds wait = 10s) {
    const auto jobs = dispatcher.LeaseJobs(worker, 1, wait, [] { return Status(); });
    INFO((jobs ? "" : jobs.error().message));
    REQUIRE(jobs.has_value());
    REQUIRE(jobs->size() == 1);
    return jobs->front();
  }
  /// True when the job was asked to stop.
  Result<bool> Report(const JobRecord& job, int step, int steps = 10,
                      const std::string& preview = "") {
    v1::JobProgress progress;
    progress.set_step(step);
    progress.set_steps(steps);
    progress.set_preview(preview);
    return dispatcher.ReportProgress(job.id, job.lease->token, &progress);
  }
  Status Complete(const JobRecord& job) {
    return dispatcher.Complete(job.id, job.lease->token, {});
  }
  std::shared_ptr<RecordedNews> Follow(const std::string& job, int64_t after_event_id = 0) {
    auto news = std::make_shared<RecordedNews>();
    last_key = followers->Follow({.job = job, .after_event_id = after_event_id}, news);
    return news;
  }

  WrongClock clock;
  telemetry::Metrics metrics;
  const std::unique_ptr<PostgresStore> store;
  Sharing sharing;
  JobQueue queue;
  WorkerRegistry workers;
  Dispatcher dispatcher;
  TokenTable tokens;
  JobFollowers::Key last_key = 0;
  std::atomic<int> expired = 0;
  std::optional<JobFollowers> followers;
  std::optional<LeaseWaiters> waiters;
  std::optional<Replica> replica;
  std::optional<Periodic> expire;
};

/// A number that a statement of the database's owner gives.
inline int64_t Ask(const std::string& url, const std::string& sql) {
  const auto connection = postgres::Connection::Open({.url = url});
  REQUIRE(connection.has_value());
  const auto rows = (*connection)->Run(sql);
  INFO((rows ? "" : rows.error().message));
  REQUIRE(rows.has_value());
  return rows->count() > 0 ? rows->Integer(0, 0) : 0;
}

}  // namespace atelier::server
