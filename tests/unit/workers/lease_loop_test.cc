#include <catch2/catch.hpp>

#include "lease_loop_fixture.h"

namespace atelier {
namespace {

TEST_CASE("The next batch is prepared while this one paints, and no more than the next",
          "[lease_loop]") {
  Worker worker;
  bool prepared_meanwhile = false;
  worker.executor.during_step = [&](const std::string& job, int step) {
    if (job == "a" && step == 1) prepared_meanwhile = worker.log.WaitFor("prepare b");
  };
  for (const char* job : {"a", "b", "c"}) worker.server.Enqueue({job});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete c"));
  CHECK(prepared_meanwhile);
  CHECK(worker.log.IndexOf("prepare b") < worker.log.IndexOf("step a 2"));
  CHECK(worker.log.IndexOf("lease c") > worker.log.IndexOf("step a 2"));
}

TEST_CASE("A lost lease stops the painting without a word about the job's end", "[lease_loop]") {
  Worker worker;
  worker.executor.endless = true;
  worker.server.Lose("a");
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("stopped a"));
  worker.Stop();
  CHECK_FALSE(worker.log.Contains("complete a"));
  CHECK_FALSE(worker.log.Contains("fail a CANCELLED final"));
  CHECK_FALSE(worker.log.Contains("fail a WORKER_DRAINING retryable"));
}

TEST_CASE("A lost lease leaves the other job of its batch alone", "[lease_loop]") {
  Worker worker;
  worker.executor.steps = 100;
  worker.executor.during_step = [&](const std::string&, int step) {
    worker.log.WaitFor("progress b " + std::to_string(step));
  };
  worker.server.Lose("a");
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete b"));
  worker.Stop();
  // Reports of several jobs are on their way at once: the answer to a's first may come some of b's
  // steps later.
  CHECK_FALSE(worker.log.Contains("progress a 100"));
  CHECK_FALSE(worker.log.Contains("complete a"));
}

TEST_CASE("A cancelled job stops within a step and its cancellation is acknowledged",
          "[lease_loop]") {
  Worker worker;
  worker.executor.steps = 1000;
  worker.executor.during_step = [&](const std::string&, int step) {
    worker.log.WaitForAny({"progress a " + std::to_string(step), "fail a CANCELLED final"});
  };
  worker.server.Cancel("a");
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("stopped a"));
  REQUIRE(worker.log.WaitFor("fail a CANCELLED final"));
  worker.Stop();
  // Step 1 brings the request back, perhaps during step 2; step 3 does not report any more.
  CHECK_FALSE(worker.log.Contains("progress a 3"));
  CHECK_FALSE(worker.log.Contains("step a 4"));
  CHECK_FALSE(worker.log.Contains("complete a"));
}

TEST_CASE("Cancelling one job of a batch leaves the other one its picture", "[lease_loop]") {
  Worker worker;
  worker.executor.during_step = [&](const std::string&, int step) {
    if (step == 1) worker.log.WaitFor("fail b CANCELLED final");
  };
  worker.server.Cancel("b");
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK_FALSE(worker.log.Contains("complete b"));
}

TEST_CASE("A restarted server is backed off from and registered with again", "[lease_loop]") {
  Worker worker;
  worker.Start();
  REQUIRE(worker.log.WaitFor("register"));
  worker.server.Enqueue({"a"});
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.server.Restart(4);
  worker.server.Enqueue({"b"});
  REQUIRE(worker.log.WaitFor("complete b"));
  worker.Stop();
  CHECK(worker.log.Count("register") == 2);
  CHECK(worker.log.Count("unavailable") == 4);
  const auto slept = worker.timers.slept();
  REQUIRE(slept.size() >= 4);
  // Each delay is from the upper half of a ceiling that doubles: 100, 200, 400, 800 ms.
  for (int i = 0; i < 4; ++i) {
    CHECK(slept[i] >= 50ms * (1 << i));
    CHECK(slept[i] <= 100ms * (1 << i));
  }
}

TEST_CASE("Drain hands the prefetched batch back at once and the painted one after the grace",
          "[lease_loop]") {
  Worker worker;
  worker.executor.endless = true;
  worker.server.Enqueue({"a"});
  worker.server.Enqueue({"b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("prepare b"));
  std::thread drain([&] { worker.loop->Drain(); });
  const bool handed_back = worker.log.WaitFor("fail b WORKER_DRAINING retryable");
  CHECK_FALSE(worker.log.Contains("fail a WORKER_DRAINING retryable"));
  worker.timers.Fire(kGrace);
  drain.join();
  worker.thread.join();
  CHECK(handed_back);
  CHECK(worker.log.Contains("fail a WORKER_DRAINING retryable"));
  CHECK_FALSE(worker.log.Contains("complete a"));
}

TEST_CASE("A batch that ends within the grace is completed although the worker drains",
          "[lease_loop]") {
  Worker worker;
  worker.executor.during_step = [&](const std::string&, int step) {
    if (step == 1) worker.log.WaitFor("fail b WORKER_DRAINING retryable");
  };
  worker.server.Enqueue({"a"});
  worker.server.Enqueue({"b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("prepare b"));
  worker.loop->Drain();  // The grace is held: only the end of the batch lets it return.
  worker.thread.join();
  CHECK(worker.log.Contains("complete a"));
}

TEST_CASE("Drain interrupts a preparation that hangs", "[lease_loop]") {
  Worker worker;
  worker.executor.during_prepare = [&](const std::string&, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
  };
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("prepare a"));
  worker.Stop();
  CHECK(worker.log.Contains("fail a WORKER_DRAINING retryable"));
  CHECK(worker.log.Contains("fail b WORKER_DRAINING retryable"));
  CHECK_FALSE(worker.log.Contains("prepare b"));
}

TEST_CASE("A job that cannot be prepared fails alone", "[lease_loop]") {
  Worker worker;
  worker.executor.prepare_errors["a"] = {Code::kFailedPrecondition, "NO_PERSON", "nobody", ""};
  worker.executor.prepare_errors["b"] = {Code::kUnavailable, "POSE_GONE", "away", ""};
  worker.server.Enqueue({"a", "b", "c"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete c"));
  CHECK(worker.log.Contains("fail a NO_PERSON final"));
  CHECK(worker.log.Contains("fail b POSE_GONE retryable"));
}

TEST_CASE("A job that cannot be painted fails alone", "[lease_loop]") {
  Worker worker;
  worker.executor.paint_errors["a"] = {Code::kInvalidArgument, "INVALID_FIELD", "bad", ""};
  worker.executor.paint_errors["b"] = {Code::kResourceExhausted, "OUT_OF_MEMORY", "full", ""};
  worker.server.Enqueue({"a", "b", "c"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete c"));
  CHECK(worker.log.Contains("fail a INVALID_FIELD final"));
  CHECK(worker.log.Contains("fail b OUT_OF_MEMORY retryable"));
}

TEST_CASE("A job with a warning that its caller does not accept fails unpainted and for good",
          "[lease_loop]") {
  Worker worker;
  for (const char* job : {"a", "b", "c"}) {
    worker.executor.warnings[job] = {"PERSON_SMALL", "SEVERAL_PEOPLE"};
  }
  worker.server.SetStrict("a", "SEVERAL_PEOPLE");
  worker.server.SetStrict("b", "PERSON_CUT_OFF");
  worker.server.Enqueue({"a", "b", "c"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete c"));
  CHECK(worker.log.Contains("fail a SEVERAL_PEOPLE final"));
  CHECK(worker.log.IndexOf("fail a SEVERAL_PEOPLE final") < worker.log.IndexOf("paint b"));
  CHECK_FALSE(worker.log.Contains("paint a"));
  CHECK(worker.log.Contains("complete b"));
  // Failed or painted, each comes with all that was found.
  for (const char* job : {"a", "b", "c"}) {
    CHECK(worker.log.Contains(std::string("warning ") + job + " PERSON_SMALL"));
    CHECK(worker.log.Contains(std::string("warning ") + job + " SEVERAL_PEOPLE"));
  }
}

TEST_CASE("A job that cannot be painted still tells what was found before", "[lease_loop]") {
  Worker worker;
  worker.executor.warnings["a"] = {"SEVERAL_PEOPLE"};
  worker.executor.paint_errors["a"] = {Code::kInvalidArgument, "INVALID_FIELD", "bad", ""};
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("fail a INVALID_FIELD final"));
  CHECK(worker.log.Contains("warning a SEVERAL_PEOPLE"));
}

TEST_CASE("A lease is kept alive while its job is prepared", "[lease_loop]") {
  Worker worker;
  bool beaten = false;
  worker.executor.during_prepare = [&](const std::string& job, std::stop_token) {
    if (job != "a") return;
    worker.timers.Fire(kBeat);
    // b waits behind a; it must not be lost meanwhile.
    beaten = worker.log.WaitFor("heartbeat a") && worker.log.WaitFor("heartbeat b");
  };
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete b"));
  CHECK(beaten);
}

TEST_CASE("Pictures of a job that records them are recorded at once, each behind its storing",
          "[lease_loop]") {
  Worker worker;
  worker.executor.recording = {"a"};
  worker.executor.pictures = 2;
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  CHECK(worker.log.IndexOf("store a a0") < worker.log.IndexOf("record a 0"));
  CHECK(worker.log.IndexOf("record a 0") < worker.log.IndexOf("store a a1"));
  CHECK(worker.log.IndexOf("record a 1") < worker.log.IndexOf("complete a"));
  CHECK(worker.server.ResultsOf("a") == std::vector<std::string>{"assets/a0 0", "assets/a1 1"});
}

TEST_CASE("What earlier attempts recorded is part of the job's result", "[lease_loop]") {
  Worker worker;
  worker.server.SetFinished("a", {"assets/early", "assets/second"});
  worker.executor.recording = {"a"};
  worker.executor.pictures = 1;  // Its first one, again.
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  CHECK(worker.server.ResultsOf("a") == std::vector<std::string>{"assets/a0 0", "assets/second 0"});
}

TEST_CASE("A long job that records its pictures makes room when a short one finds no turn",
          "[lease_loop]") {
  Worker worker;
  worker.executor.recording = {"s1", "s2", "s3", "s4"};
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  worker.executor.after_steps = [&](const std::string& job, runtime::BatchEvents& events) {
    if (!worker.executor.recording.contains(job)) return;
    events.OnPicture(0, 0, {job + "0", 0});
    events.OnDevice(false);
    events.OnDevice(true);
    worker.log.WaitFor("prepare short");
    while (events.Wanted(0) && std::chrono::steady_clock::now() < deadline) {
      events.OnDevice(false);
      events.OnDevice(true);
      std::this_thread::yield();
    }
  };
  for (const char* job : {"s1", "s2", "s3", "s4", "short"}) worker.server.Enqueue({job});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete short"));
  const std::vector<std::string> ends = {"fail s1 YIELDED retryable", "fail s2 YIELDED retryable",
                                         "fail s3 YIELDED retryable", "fail s4 YIELDED retryable"};
  const auto yielded = std::find_if(
      ends.begin(), ends.end(), [&](const std::string& end) { return worker.log.Contains(end); });
  REQUIRE(yielded != ends.end());
  // It lost nothing: neither an attempt nor a picture.
  const std::string job = yielded->substr(5, 2);
  CHECK(worker.log.Contains("uncounted " + job));
  CHECK(worker.log.IndexOf("record " + job + " 0") < worker.log.IndexOf(*yielded));
}

}  // namespace
}  // namespace atelier
