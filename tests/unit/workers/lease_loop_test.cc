#include "runtime/lease_loop.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <thread>

#include "event_log.h"
#include "fake_dispatch.h"
#include "fake_timers.h"

namespace atelier {
namespace {

using namespace std::chrono_literals;

constexpr auto kBeat = 3000ms;  // a third of FakeDispatch's lease
constexpr auto kGrace = 20000ms;

struct FakeJob : runtime::PreparedJob {
  explicit FakeJob(std::string name) : name(std::move(name)) {}
  std::string name;
};

/// Paints `steps` steps that take as long as `during_step` says. Logs "prepare a", "paint a",
/// "step a 1", "stopped a".
class FakeExecutor : public runtime::BatchExecutor {
 public:
  explicit FakeExecutor(EventLog& log) : log_(log) {}

  int steps = 2;
  /// Of each job; the n-th has the bytes "a0", "a1", ...
  int pictures = 1;
  std::function<void(const std::string&, int)> after_picture = [](const std::string&, int) {};
  /// Does not end by itself: after its steps it goes on until no job is wanted any more.
  bool endless = false;
  /// Called after each step of a batch with its first job's name.
  std::function<void(const std::string&, int)> during_step = [](const std::string&, int) {};
  std::function<void(const std::string&, std::stop_token)> during_prepare = [](const std::string&,
                                                                               std::stop_token) {};
  std::map<std::string, Error> prepare_errors;
  std::map<std::string, Error> paint_errors;
  /// Reasons of what is found while a job is prepared.
  std::map<std::string, std::vector<std::string>> warnings;

  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                        std::stop_token stop) override {
    log_.Add("prepare " + job.job());
    during_prepare(job.job(), stop);
    if (stop.stop_requested()) return MakeError(Code::kCancelled, "CANCELLED", "stopped");
    if (const auto error = prepare_errors.find(job.job()); error != prepare_errors.end()) {
      return Propagate(error->second);
    }
    auto prepared = std::make_unique<FakeJob>(job.job());
    for (const std::string& reason : warnings[job.job()]) {
      prepared->warnings.push_back({reason, "source", "found", 2.0, 1.0});
    }
    return prepared;
  }

  void Paint(std::span<runtime::PreparedJob* const> jobs, runtime::BatchEvents& events) override {
    const std::string first = NameOf(*jobs[0]);
    log_.Add("paint " + first);
    for (int step = 1; step <= steps; ++step) {
      log_.Add("step " + first + " " + std::to_string(step));
      if (!ReportStep(jobs, events, step)) {
        log_.Add("stopped " + first);
        return;
      }
      during_step(first, step);
    }
    if (endless) {
      WaitUntilUnwanted(jobs, events);
      log_.Add("stopped " + first);
      return;
    }
    for (size_t i = 0; i < jobs.size(); ++i) {
      const auto error = paint_errors.find(NameOf(*jobs[i]));
      if (error != paint_errors.end()) {
        events.OnEnd(i, Propagate(error->second));
      } else {
        for (int picture = 0; picture < pictures; ++picture) {
          const std::string png = NameOf(*jobs[i]) + std::to_string(picture);
          events.OnPicture(i, picture, {png, static_cast<uint64_t>(picture)});
          after_picture(NameOf(*jobs[i]), picture);
        }
        events.OnEnd(i, {});
      }
    }
  }

 private:
  static std::string NameOf(const runtime::PreparedJob& job) {
    return static_cast<const FakeJob&>(job).name;
  }
  static bool ReportStep(std::span<runtime::PreparedJob* const> jobs, runtime::BatchEvents& events,
                         int step) {
    bool wanted = false;
    for (size_t i = 0; i < jobs.size(); ++i) {
      if (!events.Wanted(i)) continue;
      wanted = true;
      v1::JobProgress progress;
      progress.set_step(step);
      events.OnProgress(i, progress);
    }
    return wanted;
  }

  static void WaitUntilUnwanted(std::span<runtime::PreparedJob* const> jobs,
                                runtime::BatchEvents& events) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (size_t i = 0; i < jobs.size(); ++i) {
      while (events.Wanted(i) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
      }
    }
  }

  EventLog& log_;
};

/// A worker and its server. Start() after the fakes were told what to do.
struct Worker {
  Worker() {
    timers.Hold(kBeat);
    timers.Hold(kGrace);
    runtime::LeaseLoopOptions options;
    options.worker = "worker";
    options.poll_wait = 20ms;
    options.drain_grace = kGrace;
    loop = std::make_unique<runtime::LeaseLoop>(server.Connect(), executor, timers, options);
  }
  ~Worker() { Stop(); }

  void Start() {
    thread = std::thread([this] { loop->Run(); });
  }
  void Stop() {
    if (!thread.joinable()) return;
    timers.Fire(kGrace);
    loop->Drain();
    thread.join();
  }

  EventLog log;
  FakeTimers timers;
  FakeDispatch server{log};
  FakeExecutor executor{log};
  std::unique_ptr<runtime::LeaseLoop> loop;
  std::thread thread;
};

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
  // Reports leave one after the other: b's is there only after a's was answered.
  worker.executor.during_step = [&](const std::string&, int step) {
    worker.log.WaitFor("progress b " + std::to_string(step));
  };
  worker.server.Lose("a");
  worker.server.Enqueue({"a", "b"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete b"));
  worker.Stop();
  CHECK_FALSE(worker.log.Contains("progress a 2"));
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

TEST_CASE("A picture is stored while the next one of its job is still painted", "[lease_loop]") {
  Worker worker;
  worker.executor.pictures = 3;
  bool stored_meanwhile = true;
  worker.executor.after_picture = [&](const std::string& job, int picture) {
    const std::string line = "store " + job + " " + job + std::to_string(picture);
    stored_meanwhile = stored_meanwhile && worker.log.WaitFor(line);
  };
  worker.server.Enqueue({"a"});
  worker.Start();
  REQUIRE(worker.log.WaitFor("complete a"));
  worker.Stop();
  CHECK(stored_meanwhile);
  CHECK(worker.server.ResultsOf("a") ==
        std::vector<std::string>{"assets/a0 0", "assets/a1 1", "assets/a2 2"});
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
  worker.executor.pictures = 2;
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
