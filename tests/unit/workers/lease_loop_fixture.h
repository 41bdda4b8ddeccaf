// A worker of runtime::LeaseLoop over a fake server, fake timers and an executor that paints as
// told.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "event_log.h"
#include "fake_dispatch.h"
#include "fake_timers.h"
#include "runtime/lease_loop.h"

namespace atelier {

using namespace std::chrono_literals;

inline constexpr auto kBeat = 3000ms;  // a third of FakeDispatch's lease
inline constexpr auto kGrace = 20000ms;

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
  /// Of each job; the n-th has the bytes "a0", "a1", ... and then the padding.
  int pictures = 1;
  std::string padding;
  std::function<void(const std::string&, int)> after_picture = [](const std::string&, int) {};
  /// Called after a batch's steps with its first job's name, e.g. to give others a turn.
  std::function<void(const std::string&, runtime::BatchEvents&)> after_steps =
      [](const std::string&, runtime::BatchEvents&) {};
  /// Does not end by itself: after its steps it goes on until no job is wanted any more.
  bool endless = false;
  /// Called after each step of a batch with its first job's name.
  std::function<void(const std::string&, int)> during_step = [](const std::string&, int) {};
  std::function<void(const std::string&, std::stop_token)> during_prepare = [](const std::string&,
                                                                               std::stop_token) {};
  /// Names of the jobs whose pictures are recorded one by one.
  std::set<std::string> recording;
  /// Whether the services that jobs need are there.
  std::function<Status()> ready = [] { return Status(); };
  std::map<std::string, Error> prepare_errors;
  std::map<std::string, Error> paint_errors;
  /// Reasons of what is found while a job is prepared.
  std::map<std::string, std::vector<std::string>> warnings;

  Status Ready(std::stop_token) override { return ready(); }

  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                        std::stop_token stop) override {
    log_.Add("prepare " + job.job());
    during_prepare(job.job(), stop);
    if (stop.stop_requested()) return MakeError(Code::kCancelled, "CANCELLED", "stopped");
    if (const auto error = prepare_errors.find(job.job()); error != prepare_errors.end()) {
      return Propagate(error->second);
    }
    auto prepared = std::make_unique<FakeJob>(job.job());
    prepared->records_pictures = recording.contains(job.job());
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
    after_steps(first, events);
    bool any_wanted = false;
    for (size_t i = 0; i < jobs.size(); ++i) any_wanted = any_wanted || events.Wanted(i);
    if (!any_wanted) {
      log_.Add("stopped " + first);
      return;
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
          const std::string png = NameOf(*jobs[i]) + std::to_string(picture) + padding;
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
  explicit Worker(runtime::LeaseLoopOptions options = {}) {
    timers.Hold(kBeat);
    timers.Hold(kGrace);
    options.worker = "worker";
    options.poll_wait = 20ms;
    options.drain_grace = kGrace;
    // No pause is by chance as long as a beat, which is held.
    options.backoff.max = std::min<std::chrono::milliseconds>(options.backoff.max, kBeat / 2);
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

}  // namespace atelier
