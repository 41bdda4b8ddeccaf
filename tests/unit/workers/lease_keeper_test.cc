// What a worker sends beside its painting: pictures and completions.
#include <catch2/catch.hpp>

#include "lease_loop_fixture.h"
#include "support/eventually.h"
#include "unit/server/fake_clock.h"

namespace atelier {
namespace {

TEST_CASE("A result that is slow to arrive does not keep the next batch from being painted",
          "[lease_loop]") {
  Worker worker;
  worker.server.HoldCompletions();
  for (const char* job : {"a", "b"}) worker.server.Enqueue({job});
  worker.Start();
  CHECK(worker.log.WaitFor("step b 2"));
  CHECK_FALSE(worker.log.Contains("complete a"));
  worker.server.LetCompletions();
  CHECK(worker.log.WaitFor("complete b"));
  CHECK(worker.log.IndexOf("complete a") < worker.log.IndexOf("complete b"));
}

TEST_CASE("A drain waits for the results that are still on their way", "[lease_loop]") {
  Worker worker;
  worker.server.HoldCompletions();
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("completing a"));
  std::thread drain([&] { worker.loop->Drain(); });
  worker.server.LetCompletions();
  drain.join();
  CHECK(worker.log.Contains("complete a"));
  CHECK_FALSE(worker.log.Contains("fail a WORKER_DRAINING retryable"));
}

TEST_CASE("A completion is tried again while the server is away", "[lease_loop]") {
  Worker worker;
  worker.server.RefuseCompletions(3);
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK(worker.log.Count("complete a") == 1);
}

TEST_CASE("A result is kept, and its lease with it, until the server's full disk has room again",
          "[lease_loop]") {
  Worker worker;
  worker.server.FillDisk(5);
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK(worker.log.Count("full a") == 5);
  // One before each try.
  CHECK(worker.log.Count("heartbeat a") == 5);
}

TEST_CASE("A result is kept, and its lease with it, for as long as nobody says that it may leave",
          "[lease_loop]") {
  Worker worker;
  // More often than a server is tried that is away.
  worker.server.RefuseCompletions(20, "MODERATION_UNREACHABLE");
  worker.server.Enqueue({"a"});
  worker.Start();
  // The longest pause between tries is that between heartbeats.
  REQUIRE(testing::Eventually([&] {
    worker.timers.Fire(kBeat);
    return worker.log.Contains("complete a");
  }));
  worker.Stop();
  CHECK(worker.log.Count("refused a") == 20);
  CHECK(worker.log.Count("heartbeat a") >= 20);
}

TEST_CASE("Results that wait behind a slow one keep their leases", "[lease_loop]") {
  Worker worker;
  worker.server.HoldCompletions();
  for (const char* job : {"a", "b", "c"}) worker.server.Enqueue({job});
  worker.Start();
  // Then b's result waits behind a's.
  REQUIRE(worker.log.WaitFor("step c 1"));
  worker.timers.Fire(kBeat);
  CHECK(worker.log.WaitFor("heartbeat b"));
  worker.server.LetCompletions();
  CHECK(worker.log.WaitFor("complete c"));
}

TEST_CASE("A completion that is slower than its lease keeps it", "[lease_loop]") {
  Worker worker;
  worker.server.HoldCompletions();
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("completing a"));
  worker.timers.Fire(kBeat);
  CHECK(worker.log.WaitFor("heartbeat a"));
  worker.server.LetCompletions();
  CHECK(worker.log.WaitFor("complete a"));
}

TEST_CASE("A job's large pictures that are slow to arrive keep its lease until its completion",
          "[lease_loop]") {
  Worker worker;
  worker.executor.pictures = 8;
  worker.server.HoldPictures();
  worker.server.Enqueue({"a"});
  worker.Start();
  // All are painted, the first is on its way, and the completion waits behind them.
  REQUIRE(worker.log.WaitFor("storing a"));
  REQUIRE(testing::Eventually([&] {
    worker.timers.Fire(kBeat);
    return worker.log.Count("heartbeat a") >= 5;
  }));
  worker.server.LetPictures();
  CHECK(worker.log.WaitFor("complete a"));
}

TEST_CASE("A result is sent again after the server could not record it", "[lease_loop]") {
  Worker worker;
  worker.server.RefuseCompletions(3, "STORE_FAILED");
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK(worker.log.Count("refused a") == 3);
}

TEST_CASE("An acknowledgement that hangs holds up no other job's heartbeats", "[lease_loop]") {
  Worker worker;
  worker.server.HoldFailures();
  worker.server.Cancel("a");
  worker.executor.during_step = [&](const std::string&, int step) {
    if (step != 1) return;
    worker.log.WaitFor("failing a");
    const int before = worker.log.Count("heartbeat b");
    testing::Eventually([&] {
      worker.timers.Fire(kBeat);
      return worker.log.Count("heartbeat b") >= before + 2;
    });
    worker.log.Add("b lives");
    worker.server.LetFailures();
  };
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  CHECK(worker.log.WaitFor("complete b"));
  CHECK(worker.log.Count("heartbeat b") >= 2);
  // It is on its way beside the completion.
  REQUIRE(worker.log.WaitFor("fail a CANCELLED final"));
  CHECK(worker.log.IndexOf("b lives") < worker.log.IndexOf("fail a CANCELLED final"));
}

TEST_CASE("A worker that drains signs off with the leases that it holds, and no others",
          "[lease_loop]") {
  Worker worker;
  // The server has recorded a's completion a moment before the worker knows of it.
  const std::vector<std::string> left = {"leave token 2", "leave token 1 token 2"};
  worker.executor.during_step = [&](const std::string& job, int step) {
    if (job == "b" && step == 1) worker.log.WaitForAny(left);
  };
  worker.server.Enqueue({"a"});
  worker.server.Enqueue({"b"});
  worker.server.Enqueue({"c"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  REQUIRE(worker.log.WaitFor("step b 1"));
  REQUIRE(worker.log.WaitFor("prepare c"));
  worker.loop->Drain();
  worker.thread.join();
  CHECK(worker.log.WaitForAny(left));
  CHECK(worker.log.Contains("complete b"));
  CHECK(worker.log.Contains("fail c WORKER_DRAINING retryable"));
}

TEST_CASE("A batch that gives others a turn does not keep the next one waiting", "[lease_loop]") {
  Worker worker;
  bool met = false;
  worker.executor.after_steps = [&](const std::string& job, runtime::BatchEvents& events) {
    if (job != "a") return;
    events.OnDevice(true);
    events.OnDevice(false);
    met = worker.log.WaitFor("complete b") && worker.log.WaitFor("complete c");
    events.OnDevice(true);
  };
  for (const char* job : {"a", "b", "c"}) worker.server.Enqueue({job});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK(met);
}

TEST_CASE("The end of a job tells what it took of the device, waits for others not counted",
          "[lease_loop]") {
  server::FakeClock clock;
  runtime::LeaseLoopOptions options;
  options.clock = &clock;
  Worker worker(options);
  worker.executor.paint_errors["b"] = {Code::kInvalidArgument, "INVALID_FIELD", "bad", ""};
  worker.executor.after_steps = [&](const std::string&, runtime::BatchEvents& events) {
    events.OnDevice(true);
    clock.Advance(6s);
    events.OnDevice(false);
    clock.Advance(100s);
    events.OnDevice(true);
    clock.Advance(4s);
  };
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  REQUIRE(worker.log.WaitFor("fail b INVALID_FIELD final"));
  worker.Stop();
  CHECK(worker.server.DeviceSecondsOf("a") == Approx(5.0));
  CHECK(worker.server.DeviceSecondsOf("b") == Approx(5.0));
}

TEST_CASE("Pictures are stored while others of their job are painted, the last by the completion",
          "[lease_loop]") {
  Worker worker;
  worker.executor.pictures = 3;
  bool stored_meanwhile = true;
  worker.executor.after_picture = [&](const std::string& job, int picture) {
    if (picture == 0) return;
    const std::string line = "store " + job + " " + job + std::to_string(picture - 1);
    stored_meanwhile = stored_meanwhile && worker.log.WaitFor(line);
  };
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK(stored_meanwhile);
  CHECK(worker.server.ResultsOf("a") ==
        std::vector<std::string>{"assets/a0 0", "assets/a1 1", "a2 2"});
  CHECK_FALSE(worker.log.Contains("store a a2"));
}

TEST_CASE("A picture that is too large to go with the completion is stored before it",
          "[lease_loop]") {
  Worker worker;
  worker.executor.padding = std::string(1 << 20, 'x');
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK(worker.server.ResultsOf("a") ==
        std::vector<std::string>{"assets/a0" + worker.executor.padding + " 0"});
}

TEST_CASE("A picture of several messages arrives whole", "[lease_loop]") {
  EventLog log;
  FakeDispatch server(log);
  runtime::DispatchClient client(server.Connect(), "worker");
  v1::LeasedJob job;
  job.set_job("a");
  std::string png(20 << 20, 'x');
  for (size_t i = 0; i < png.size(); ++i) png[i] = static_cast<char>('a' + i * 7 % 23);
  CHECK(client.Store(job, png) == "assets/" + png);
}

TEST_CASE("A job whose picture is refused for good fails with the reason", "[lease_loop]") {
  Worker worker;
  // Refused when it is stored, or by the completion that brings it.
  worker.executor.pictures = GENERATE(2, 1);
  worker.server.RefusePictures("a");
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete b"));
  worker.Stop();
  CHECK(worker.log.Contains("fail a INVALID_FIELD final"));
  CHECK_FALSE(worker.log.Contains("complete a"));
}

TEST_CASE("A lease that is lost while its picture is stored is left in silence", "[lease_loop]") {
  Worker worker;
  worker.executor.pictures = 2;
  worker.server.HoldPictures();
  worker.server.Enqueue({"a"});
  worker.server.Enqueue({"b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("storing a"));
  worker.server.Lose("a");
  worker.server.LetPictures();
  REQUIRE(worker.log.WaitFor("complete b"));
  worker.Stop();
  CHECK_FALSE(worker.log.Contains("complete a"));
  CHECK_FALSE(worker.log.Contains("fail a LEASE_LOST retryable"));
}

TEST_CASE("A job whose pictures are stored slowly keeps its lease until it is completed",
          "[lease_loop]") {
  Worker worker;
  worker.executor.pictures = 2;
  worker.server.HoldPictures();
  worker.server.Enqueue({"a"});
  worker.server.Enqueue({"b"});
  worker.Start();
  // Then a is painted whole, and its completion waits behind its pictures.
  REQUIRE(worker.log.WaitFor("step b 1"));
  REQUIRE(worker.log.WaitFor("storing a"));
  worker.timers.Fire(kBeat);
  CHECK(worker.log.WaitFor("heartbeat a"));
  CHECK_FALSE(worker.log.Contains("complete a"));
  worker.server.LetPictures();
  CHECK(worker.log.WaitFor("complete b"));
  CHECK(worker.log.IndexOf("complete a") < worker.log.IndexOf("complete b"));
}

TEST_CASE("A worker that drains does not wait for the server's disk", "[lease_loop]") {
  Worker worker;
  worker.server.FillDisk(1'000'000);
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("full a"));
  worker.Stop();
  CHECK_FALSE(worker.log.Contains("complete a"));
}

}  // namespace
}  // namespace atelier
