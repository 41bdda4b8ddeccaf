// chaos_worker: a worker process whose painting is a wait. Everything else of it is what real
// workers run: registration, leases, heartbeats, completion, drain (workers/runtime).
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include "base/ids.h"
#include "rpc/server.h"
#include "runtime/lease_loop.h"
#include "runtime/service_main.h"
#include "telemetry/log.h"
#include "unit/server/test_pictures.h"

namespace atelier::chaos {
namespace {

struct Flags {
  std::string server;
  std::string worker_secret_file;
  std::string model = "chaos";
  int max_jobs = 2;
  int step_milliseconds = 20;
  /// A job with this seed kills the process at its first step; 0: none does.
  uint64_t poison_seed = 0;
};

struct WaitingJob : runtime::PreparedJob {
  explicit WaitingJob(v1::LeasedJob job) : job(std::move(job)) {}
  const v1::LeasedJob job;
};

class WaitingExecutor final : public runtime::BatchExecutor {
 public:
  explicit WaitingExecutor(const Flags& flags) : flags_(flags) {}

  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                        std::stop_token) override {
    return std::make_unique<WaitingJob>(job);
  }

  void Paint(std::span<runtime::PreparedJob* const> jobs, runtime::BatchEvents& events) override {
    int steps = 0;
    for (const auto* job : jobs) steps = std::max(steps, SpecOf(job).steps());
    for (int step = 1; step <= steps; ++step) {
      std::this_thread::sleep_for(std::chrono::milliseconds(flags_.step_milliseconds));
      for (size_t i = 0; i < jobs.size(); ++i) {
        if (flags_.poison_seed != 0 && SpecOf(jobs[i]).seed() == flags_.poison_seed) raise(SIGKILL);
        v1::JobProgress progress;
        progress.set_step(step);
        progress.set_steps(steps);
        progress.set_step_seconds(flags_.step_milliseconds / 1000.0);
        if (events.Wanted(i)) events.OnProgress(i, std::move(progress));
      }
    }
    for (size_t i = 0; i < jobs.size(); ++i) {
      // No two attempts paint the same bytes: the one that was recorded can be told.
      events.OnPicture(i, 0, {server::PngBytes(64, 64, NewId()), SpecOf(jobs[i]).seed()});
      events.OnEnd(i, {});
    }
  }

 private:
  static const v1::SynthesisSpec& SpecOf(const runtime::PreparedJob* job) {
    return static_cast<const WaitingJob*>(job)->job.spec().synthesis();
  }

  const Flags flags_;
};

v1::Model Describe(const Flags& flags) {
  v1::Model model;
  model.set_name("models/" + flags.model);
  model.set_height(64);
  model.set_width(64);
  model.set_default_steps(4);
  model.set_default_guidance(1);
  model.set_default_scheduler("ddim");
  model.add_schedulers("ddim");
  return model;
}

void Say(const char* line) {
  std::puts(line);
  std::fflush(stdout);
}

void Work(const Flags& flags, runtime::StopSignals& signals) {
  WaitingExecutor executor(flags);
  runtime::LeaseLoopOptions options;
  options.worker = "chaos-" + NewId();
  options.models = {Describe(flags)};
  options.max_jobs = flags.max_jobs;
  const rpc::ChannelSecurity security{
      .token = rpc::SecretOfFile(flags.worker_secret_file, "worker_secret_file")};
  const auto connect = [&] { return rpc::Connect(flags.server, security); };
  options.reconnect = connect;
  options.on_health = [](bool healthy) { Say(healthy ? "SERVING" : "NOT_SERVING"); };
  runtime::LeaseLoop loop(connect(), executor, runtime::SystemTimers(), options);
  std::thread thread([&] { loop.Run(); });
  Say("ready");
  signals.Wait();
  loop.Drain();
  thread.join();
}

}  // namespace
}  // namespace atelier::chaos

int main(int argc, char** argv) {
  atelier::runtime::StopSignals signals;
  atelier::chaos::Flags flags;
  CLI::App app("A worker whose painting is a wait");
  app.add_option("--server", flags.server)->required();
  app.add_option("--worker-secret-file", flags.worker_secret_file)->required();
  app.add_option("--model", flags.model);
  app.add_option("--max-jobs", flags.max_jobs);
  app.add_option("--step-ms", flags.step_milliseconds);
  app.add_option("--poison-seed", flags.poison_seed);
  CLI11_PARSE(app, argc, argv);
  atelier::telemetry::SetUpLog("chaos_worker", "info", "text");
  atelier::chaos::Work(flags, signals);
  return 0;
}
