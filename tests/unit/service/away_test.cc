// What a worker does while the server, or a service that its jobs need, is away.
#include <atomic>
#include <catch2/catch.hpp>

#include "lease_loop_fixture.h"

namespace atelier {
namespace {

Status PoseAway() {
  return MakeError(Code::kUnavailable, "SERVICE_AWAY", "the pose service is away");
}

/// Time as the test says.
class FakeClock : public Clock {
 public:
  std::atomic<int64_t> seconds = 0;
  Monotonic NowMonotonic() const override { return Monotonic(std::chrono::seconds(seconds)); }
  Wall NowWall() const override { return {}; }
};

TEST_CASE("While the pose service is away for minutes no job is taken, and then all are",
          "[away]") {
  Worker worker;
  std::atomic<int> asked = 0;
  std::atomic<bool> away = true;
  worker.executor.ready = [&] {
    if (++asked == 50) worker.log.Add("asked often");
    return away ? PoseAway() : Status();
  };
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("asked often"));
  CHECK_FALSE(worker.log.Contains("lease a"));
  away = false;
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK_FALSE(worker.timers.slept().empty());
}

TEST_CASE("A job that was leased just before a service went away keeps its attempts", "[away]") {
  Worker worker;
  std::atomic<bool> away = false;
  worker.executor.ready = [&] { return away ? PoseAway() : Status(); };
  worker.executor.during_prepare = [&](const std::string&, std::stop_token) { away = true; };
  worker.executor.prepare_errors["a"] = {Code::kDeadlineExceeded, "SERVICE_AWAY", "no answer", ""};
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("fail a SERVICE_AWAY retryable"));
  worker.Stop();
  CHECK(worker.log.Contains("uncounted a"));
}

TEST_CASE("A job that fails while every service is there uses an attempt up", "[away]") {
  Worker worker;
  worker.executor.prepare_errors["a"] = {Code::kUnavailable, "SERVICE_AWAY", "it crashed", ""};
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("fail a SERVICE_AWAY retryable"));
  worker.Stop();
  CHECK_FALSE(worker.log.Contains("uncounted a"));
}

TEST_CASE("A job that takes a service down each time does not do so for ever", "[away]") {
  Worker worker;
  std::atomic<bool> away = false;
  // Down when the job is prepared, up again when the next one is asked for.
  worker.executor.ready = [&] { return away.exchange(false) ? PoseAway() : Status(); };
  worker.executor.during_prepare = [&](const std::string& job, std::stop_token) {
    if (job == "poison") away = true;
  };
  worker.executor.prepare_errors["poison"] = {Code::kUnavailable, "SERVICE_AWAY", "crashed", ""};
  for (int i = 0; i < 5; ++i) worker.server.Enqueue({"poison"});
  worker.server.Enqueue({"last"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete last"));
  worker.Stop();
  CHECK(worker.log.Count("uncounted poison") == 3);
  CHECK(worker.log.Count("fail poison SERVICE_AWAY retryable") == 5);
}

TEST_CASE("A worker that takes no jobs for long says that it is not ready, and when it is again",
          "[away]") {
  FakeClock clock;
  EventLog health;
  runtime::LeaseLoopOptions options;
  options.clock = &clock;
  options.on_health = [&](bool healthy) { health.Add(healthy ? "healthy" : "away"); };
  Worker worker(options);
  std::atomic<int> asked = 0;
  worker.executor.ready = [&]() -> Status {
    ++asked;
    if (asked == 3) CHECK_FALSE(health.Contains("away"));  // For some seconds it is nobody's news.
    clock.seconds += 10;
    return asked < 20 ? PoseAway() : Status();
  };
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  // The server, which does not hear of it meanwhile, must not take it for dead.
  CHECK(worker.log.Count("register") > 10);
  CHECK(health.Count("away") == 1);
  CHECK(health.IndexOf("healthy") > health.IndexOf("away"));
}

TEST_CASE("A connection that is dead without having ended is replaced", "[away]") {
  EventLog log;
  FakeDispatch silent(log), server(log);
  int connected = 0;
  runtime::DispatchClient client(silent.Connect(), "worker", [&] {
    ++connected;
    return server.Connect();
  });
  // Deadlines of 50 ms: five seconds longer than the wait.
  const auto ask = [&] { return client.LeaseJobs(1, -4950ms, {}); };
  REQUIRE(client.Register({}));
  silent.Stall();
  for (int i = 0; i < 3; ++i) REQUIRE(ask().error().code == Code::kDeadlineExceeded);
  CHECK(connected == 1);
  REQUIRE(client.Register({}));
  server.Enqueue({"a"});
  CHECK(client.LeaseJobs(1, 20ms, {}));
  CHECK(log.Contains("lease a"));
  silent.Resume();
}

}  // namespace
}  // namespace atelier
