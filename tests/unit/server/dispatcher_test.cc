#include "server/dispatch/dispatcher.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

#include "support/eventually.h"
#include "unit/server/backend.h"

namespace atelier::server {
namespace {

JobState StateOf(Backend& backend, const std::string& id) { return backend.queue.Get(id)->state; }

std::string SubmitOne(Backend& backend) { return backend.Submit(MakeSpec())->id; }

}  // namespace

TEST_CASE("A final state is never left and no arrow is skipped", "[jobs]") {
  using S = JobState;
  for (const S final : {S::kSucceeded, S::kFailed, S::kCancelled, S::kExpired}) {
    CHECK(IsFinal(final));
    for (int to = 1; to <= 6; ++to) CHECK_FALSE(Transition(final, S(to)).has_value());
  }
  CHECK_FALSE(Transition(S::kQueued, S::kSucceeded).has_value());
  CHECK_FALSE(Transition(S::kQueued, S::kFailed).has_value());
  CHECK_FALSE(Transition(S::kRunning, S::kExpired).has_value());
  CHECK(Transition(S::kRunning, S::kQueued) == S::kQueued);
  CHECK(Transition(S::kQueued, S::kExpired) == S::kExpired);
}

TEST_CASE("An expired lease returns the job to the queue", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  REQUIRE(backend.Lease().size() == 1);
  backend.clock.Advance(kLease - std::chrono::milliseconds(1));
  CHECK(backend.dispatcher.ExpireLeases() == 0);
  backend.clock.Advance(std::chrono::milliseconds(1));
  CHECK(backend.dispatcher.ExpireLeases() == 1);
  CHECK(StateOf(backend, id) == JobState::kQueued);
  CHECK(backend.metrics.expired_leases.Value() == 1);
  CHECK(backend.metrics.queue_depth.Value() == 1);
  CHECK(backend.metrics.running_jobs.Value() == 0);

  const auto again = backend.Lease();
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == id);
  CHECK(again[0].attempt == 2);
}

TEST_CASE("A heartbeat keeps a slow job from being taken away", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  SubmitOne(backend);
  const JobRecord job = backend.Lease().at(0);
  for (int i = 0; i < 5; ++i) {
    backend.clock.Advance(kLease - std::chrono::milliseconds(1));
    CHECK(backend.dispatcher.ReportProgress(job.id, job.lease->token, nullptr) == false);
    CHECK(backend.dispatcher.ExpireLeases() == 0);
  }
}

TEST_CASE("A late completion under an old lease is refused and counted", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  const JobRecord stale = backend.Lease().at(0);
  backend.clock.Advance(kLease);
  REQUIRE(backend.dispatcher.ExpireLeases() == 1);

  const auto late = [&] {
    CHECK(backend.dispatcher.FindWorkToComplete(id, stale.lease->token).error().reason ==
          "LEASE_LOST");
    CHECK(backend.dispatcher.Complete(id, stale.lease->token, {}).error().code == Code::kAborted);
    CHECK(backend.dispatcher.Fail(id, stale.lease->token, {"X", "x", false}).error().reason ==
          "LEASE_LOST");
    CHECK(backend.dispatcher.ReportProgress(id, stale.lease->token, nullptr).error().reason ==
          "LEASE_LOST");
  };
  late();  // While it waits again,
  const JobRecord fresh = backend.Lease().at(0);
  CHECK(fresh.lease->token.size() == kLeaseTokenBytes);
  CHECK(fresh.lease->token != stale.lease->token);
  late();  // while another worker runs it,
  REQUIRE(backend.dispatcher.Complete(id, fresh.lease->token, {}).has_value());
  late();  // and when it is done.
  CHECK(StateOf(backend, id) == JobState::kSucceeded);
  CHECK(backend.metrics.lost_lease_calls.Value() == 12);
  CHECK(backend.metrics.refused_completions.Value() == 6);
  // Another completion ended the lease while this one was still looked at.
  CHECK(backend.dispatcher.ExtendToComplete(id, stale.lease->token).error().reason == "LEASE_LOST");
  CHECK(backend.metrics.refused_completions.Value() == 7);
  CHECK(backend.metrics.FinishedJobs("succeeded").Value() == 1);
  CHECK(backend.dispatcher.Complete("nonsense", stale.lease->token, {}).error().reason ==
        "LEASE_LOST");
}

TEST_CASE("A job lost max_attempts times fails", "[dispatch]") {
  Backend backend({10, 3});
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    REQUIRE(backend.Lease().at(0).attempt == attempt);
    backend.clock.Advance(kLease);
    REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  }
  const auto job = backend.queue.Get(id);
  CHECK(job->state == JobState::kFailed);
  CHECK(job->error_reason == "WORKER_LOST");
  CHECK(job->end_time_ms > job->create_time_ms);
  CHECK(backend.Lease().empty());
  CHECK(backend.metrics.FinishedJobs("failed").Value() == 1);
}

TEST_CASE("A job that kills its workers is quarantined and takes no other along", "[dispatch]") {
  Backend backend({10, 3});
  const std::string poison = SubmitOne(backend);
  const std::string innocent = SubmitOne(backend);
  backend.RegisterWorker("w1");
  // Leased in one batch, the first time both are lost.
  REQUIRE(backend.Lease(2, "w1").size() == 2);
  const std::string later = SubmitOne(backend);
  REQUIRE(backend.Lease(2, "w1").at(0).id == later);
  backend.clock.Advance(kLease);
  REQUIRE(backend.dispatcher.ExpireLeases() == 3);

  for (int attempt = 2; attempt <= 3; ++attempt) {
    const std::string worker = "w" + std::to_string(attempt);
    backend.RegisterWorker(worker);
    const auto alone = backend.Lease(2, worker);
    REQUIRE(alone.size() == 1);
    CHECK(alone[0].id == poison);
    CHECK(alone[0].attempt == attempt);
    // Nothing joins it on its worker.
    CHECK(backend.Lease(2, worker).empty());
    backend.clock.Advance(kLease);
    REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  }
  const JobRecord dead = *backend.queue.Get(poison);
  CHECK(dead.state == JobState::kFailed);
  CHECK(dead.error_reason == "WORKER_LOST");
  CHECK(dead.lost_workers == 3);
  CHECK(backend.metrics.quarantined_jobs.Value() == 1);
  const auto listed = backend.queue.List(9, 999, {.error_reason = "WORKER_LOST"});
  REQUIRE(listed->size() == 1);
  CHECK(listed->at(0).id == poison);

  backend.RegisterWorker("w4");
  for (const std::string& id : {innocent, later}) {
    const auto alone = backend.Lease(2, "w4");
    REQUIRE(alone.size() == 1);
    CHECK(alone[0].id == id);
    REQUIRE(backend.dispatcher.Complete(id, alone[0].lease->token, {}).has_value());
  }
}

TEST_CASE("A suspect that is next makes a busy worker idle before it comes", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker("dead");
  backend.RegisterWorker("busy");
  backend.RegisterWorker("idle");
  const std::string suspect = SubmitOne(backend);
  REQUIRE(backend.Lease(1, "dead").size() == 1);
  const std::string other = SubmitOne(backend);
  const JobRecord painting = backend.Lease(1, "busy").at(0);
  const std::string waiting = SubmitOne(backend);
  backend.clock.Advance(kLease - std::chrono::milliseconds(1));
  REQUIRE(backend.dispatcher.ReportProgress(other, painting.lease->token, nullptr));
  backend.clock.Advance(std::chrono::milliseconds(1));
  REQUIRE(backend.dispatcher.ExpireLeases() == 1);

  CHECK(backend.Lease(1, "busy").empty());
  SECTION("an idle worker gets it meanwhile") {
    CHECK(backend.Lease(1, "idle").at(0).id == suspect);
    CHECK(backend.Lease(1, "busy").at(0).id == waiting);
  }
  SECTION("or it becomes idle itself") {
    REQUIRE(backend.dispatcher.Complete(other, painting.lease->token, {}).has_value());
    CHECK(backend.Lease(1, "busy").at(0).id == suspect);
  }
}

TEST_CASE("A retryable failure tries again and a final one does not", "[dispatch]") {
  Backend backend({10, 2});
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  JobRecord job = backend.Lease().at(0);
  REQUIRE(backend.dispatcher.Fail(id, job.lease->token, {"DRAINING", "bye", true}).has_value());
  CHECK(StateOf(backend, id) == JobState::kQueued);
  job = backend.Lease().at(0);
  REQUIRE(
      backend.dispatcher.Fail(id, job.lease->token, {"OUT_OF_MEMORY", "big", true}).has_value());
  CHECK(StateOf(backend, id) == JobState::kFailed);
  CHECK(backend.queue.Get(id)->error_reason == "OUT_OF_MEMORY");

  const std::string broken = SubmitOne(backend);
  job = backend.Lease().at(0);
  REQUIRE(backend.dispatcher.Fail(broken, job.lease->token, {"NO_PERSON", "?", false}).has_value());
  CHECK(StateOf(backend, broken) == JobState::kFailed);
}

TEST_CASE("Cancelling a queued job ends it before any worker sees it", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  CHECK(backend.queue.Cancel(id)->state == JobState::kCancelled);
  CHECK(backend.Lease().empty());
  // Again: it stays as it is and is counted once.
  CHECK(backend.queue.Cancel(id)->state == JobState::kCancelled);
  CHECK(backend.metrics.FinishedJobs("cancelled").Value() == 1);
  CHECK(backend.metrics.queue_depth.Value() == 0);
  CHECK(backend.queue.Cancel("nonsense").error().code == Code::kNotFound);
}

TEST_CASE("A running job is cancelled by its worker's answer or by its loss", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  const JobRecord job = backend.Lease().at(0);
  CHECK(backend.dispatcher.ReportProgress(id, job.lease->token, nullptr) == false);
  CHECK(backend.queue.Cancel(id)->state == JobState::kRunning);
  CHECK(backend.dispatcher.ReportProgress(id, job.lease->token, nullptr) == true);

  SECTION("the worker answers") {
    REQUIRE(backend.dispatcher.Fail(id, job.lease->token, {"CANCELLED", "stopped", false}));
  }
  SECTION("the worker drains meanwhile") {
    REQUIRE(backend.dispatcher.Fail(id, job.lease->token, {"DRAINING", "bye", true}));
  }
  SECTION("the worker is lost meanwhile") {
    backend.clock.Advance(kLease);
    REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  }
  CHECK(StateOf(backend, id) == JobState::kCancelled);
  CHECK(backend.Lease().empty());
}

TEST_CASE("A restart gives running jobs a fresh lease under their old token", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string alive = SubmitOne(backend);
  const std::string lost = SubmitOne(backend);
  const std::string waiting = SubmitOne(backend);
  const auto leased = backend.Lease(2);
  REQUIRE(leased.size() == 2);
  REQUIRE(backend.queue.Cancel(lost).has_value());

  telemetry::Metrics metrics;
  JobQueue queue(backend.store, metrics, backend.clock, {});
  Dispatcher dispatcher(queue, backend.workers, metrics, {kLease});
  const auto running = queue.Recover();
  REQUIRE(running->size() == 2);
  dispatcher.Recover(*running);
  CHECK(metrics.queue_depth.Value() == 1);
  CHECK(metrics.running_jobs.Value() == 2);

  CHECK(dispatcher.ReportProgress(alive, leased[0].lease->token, nullptr) == false);
  // The cancellation was not forgotten.
  CHECK(dispatcher.ReportProgress(lost, leased[1].lease->token, nullptr) == true);
  CHECK(dispatcher.Complete(alive, leased[0].lease->token, {}).has_value());
  backend.clock.Advance(kLease);
  CHECK(dispatcher.ExpireLeases() == 1);
  CHECK(queue.Get(alive)->state == JobState::kSucceeded);
  CHECK(queue.Get(lost)->state == JobState::kCancelled);
  CHECK(queue.Get(waiting)->state == JobState::kQueued);
}

TEST_CASE("A worker that never registered here must register first", "[dispatch]") {
  Backend backend;
  const auto jobs = backend.dispatcher.LeaseJobs("ghost", 1, std::chrono::milliseconds(0),
                                                 [] { return Status(); });
  CHECK(jobs.error().code == Code::kFailedPrecondition);
  CHECK(jobs.error().reason == "UNKNOWN_WORKER");
  CHECK_FALSE(backend.workers.Register("w", {}).has_value());
  CHECK_FALSE(backend.workers.Register("", {MakeModel("models/a")}).has_value());
  CHECK_FALSE(backend.workers.Register("w", {MakeModel("a")}).has_value());
}

TEST_CASE("A worker gets no job of a model it does not hold", "[dispatch]") {
  Backend backend;
  SubmitOne(backend);
  backend.RegisterWorker("other", "models/other");
  CHECK(backend.Lease(1, "other").empty());
  backend.RegisterWorker();
  CHECK(backend.Lease(1, "w").size() == 1);
}

TEST_CASE("A stalled worker's waiting call does not get the job that it just lost", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker("stalled");
  const std::string id = SubmitOne(backend);
  REQUIRE(backend.Lease(1, "stalled").size() == 1);

  // It asks for more, and then stalls.
  std::atomic<bool> waiting = false;
  auto call = std::async(std::launch::async, [&] {
    return backend.dispatcher.LeaseJobs("stalled", 1, std::chrono::seconds(20), [&]() -> Status {
      waiting = true;
      return {};
    });
  });
  REQUIRE(testing::Eventually([&] { return waiting.load(); }));
  backend.clock.Advance(kLease);
  REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  const auto given = call.get();
  REQUIRE(given.has_value());
  CHECK(given->empty());
  CHECK(StateOf(backend, id) == JobState::kQueued);
  // Whoever asks now is there.
  CHECK(backend.Lease(1, "stalled").size() == 1);
}

TEST_CASE("A lease in an answer that a leaving worker never read goes back at once, uncounted",
          "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string read = SubmitOne(backend);
  const std::string unread = SubmitOne(backend);
  const JobRecord held = backend.Lease().at(0);
  REQUIRE(held.id == read);
  REQUIRE(backend.Lease().at(0).id == unread);
  backend.dispatcher.Leave("w", {held.lease->token});
  CHECK(StateOf(backend, unread) == JobState::kQueued);
  CHECK(backend.queue.Get(unread)->attempt == 0);
  CHECK(backend.queue.Get(unread)->lost_workers == 0);
  // What it holds it may still end, and it may come again.
  CHECK(StateOf(backend, read) == JobState::kRunning);
  CHECK(backend.dispatcher.ReportProgress(read, held.lease->token, nullptr).has_value());
  backend.RegisterWorker();
  CHECK(backend.Lease().at(0).id == unread);
  CHECK(backend.metrics.expired_leases.Value() == 0);
}

TEST_CASE("A worker that leaves while its call for jobs is answered gets none", "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  int asked = 0;
  const auto leave_meanwhile = [&]() -> Status {
    // Asked first before the job is taken, then after.
    if (++asked == 2) backend.dispatcher.Leave("w", {});
    return {};
  };
  const auto leased =
      backend.dispatcher.LeaseJobs("w", 1, std::chrono::milliseconds(0), leave_meanwhile);
  REQUIRE(leased.has_value());
  CHECK(leased->empty());
  CHECK(StateOf(backend, id) == JobState::kQueued);
  CHECK(backend.queue.Get(id)->attempt == 0);
}

TEST_CASE("A caller that is gone by the time jobs are taken for it leaves them in the queue",
          "[dispatch]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitOne(backend);
  int asked = 0;
  const auto gone = [&]() -> Status {
    if (++asked < 2) return {};
    return MakeError(Code::kCancelled, "CALLER_GONE", "gone");
  };
  CHECK(backend.dispatcher.LeaseJobs("w", 1, std::chrono::milliseconds(0), gone).error().reason ==
        "CALLER_GONE");
  CHECK(StateOf(backend, id) == JobState::kQueued);
  CHECK(backend.queue.Get(id)->attempt == 0);
}

}  // namespace atelier::server
