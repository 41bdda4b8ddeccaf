#include "bench/worker_bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "bench/bench_server.h"
#include "runtime/lease_loop.h"

namespace atelier::bench {
namespace {

/// Prepares at once, "paints" for a given time in steps of a quarter of it, and notes when it
/// painted nothing.
class ScriptedExecutor : public runtime::BatchExecutor {
 public:
  explicit ScriptedExecutor(std::chrono::microseconds duration) : duration_(duration) {}

  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                        std::stop_token) override {
    auto prepared = std::make_unique<Job>();
    prepared->seed = job.spec().synthesis().seed();
    return prepared;
  }

  void Paint(std::span<runtime::PreparedJob* const> jobs, runtime::BatchEvents& events) override {
    const auto begin = Steady::now();
    if (ended_ != Steady::time_point()) {
      gaps.milliseconds.push_back(Seconds(begin - ended_).count() * 1000);
    }
    constexpr int kSteps = 4;
    for (int step = 1; step <= kSteps && duration_.count() > 0; ++step) {
      std::this_thread::sleep_until(begin + duration_ * step / kSteps);
      v1::JobProgress progress;
      progress.set_step(step);
      progress.set_steps(kSteps);
      progress.set_step_seconds(Seconds(duration_).count() / kSteps);
      for (size_t i = 0; i < jobs.size(); ++i) events.OnProgress(i, progress);
    }
    // Whatever follows is no painting: results on their way count as a gap.
    ended_ = Steady::now();
    for (size_t i = 0; i < jobs.size(); ++i) {
      const uint64_t seed = static_cast<const Job*>(jobs[i])->seed;
      const std::string salt = std::to_string(seed) + std::string(20'000, 'x');
      events.OnPicture(i, 0, {PngBytes(64, 64, salt), seed});
      events.OnEnd(i, {});
    }
  }

  /// Read once the loop has drained.
  Figures gaps;

 private:
  struct Job : runtime::PreparedJob {
    uint64_t seed = 0;
  };

  const std::chrono::microseconds duration_;
  Steady::time_point ended_;
};

/// A worker as atelier-generation runs it, without networks.
class Worker {
 public:
  Worker(const Bench& bench, std::chrono::microseconds duration)
      : executor_(duration),
        loop_(Connect(bench, 1).front(), executor_, runtime::SystemTimers(), Options()),
        thread_([this] { loop_.Run(); }) {}
  ~Worker() { Stop(); }

  void Stop() {
    if (!thread_.joinable()) return;
    loop_.Drain();
    thread_.join();
  }
  Figures& gaps() { return executor_.gaps; }

 private:
  static runtime::LeaseLoopOptions Options() {
    runtime::LeaseLoopOptions options;
    options.worker = "scripted";
    options.models.emplace_back().set_name(kModel);
    options.max_jobs = 1;
    return options;
  }

  ScriptedExecutor executor_;
  runtime::LeaseLoop loop_;
  std::thread thread_;
};

void BenchIdleGapOf(Bench& bench, std::chrono::milliseconds duration, double seconds) {
  bench.Fill(static_cast<int64_t>(seconds * 1000 / static_cast<double>(duration.count())) + 50);
  Worker worker(bench, duration);
  std::this_thread::sleep_for(Seconds(seconds));
  worker.Stop();
  Figures& gaps = worker.gaps();
  const double p50 = gaps.Percentile(0.5);
  std::printf("idle between jobs of %4d ms, %4zu jobs %24s p50 %7.3f ms   p99 %7.3f ms   %.2f %%\n",
              static_cast<int>(duration.count()), gaps.milliseconds.size() + 1, "", p50,
              gaps.Percentile(0.99), 100 * p50 / static_cast<double>(duration.count()));
  std::fflush(stdout);
}

/// The value of a line "KEY:  123 kB" of /proc/PID/status.
int64_t KibibytesOf(pid_t pid, const std::string& key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1));
  }
  return 0;
}

}  // namespace

void BenchSynthesize(const std::filesystem::path& folder, const Flags& flags) {
  Bench bench(folder / "synthesize", flags.database());
  Worker worker(bench, std::chrono::microseconds(0));
  const auto stub = v1::SynthesisService::NewStub(Connect(bench, 1).front());
  Measure(1, flags.seconds, [&](int) {
    v1::SynthesizeRequest request;
    *request.mutable_spec() = bench.spec.synthesis();
    grpc::ClientContext context;
    v1::SynthesizeResponse response;
    Must(stub->Synthesize(&context, request, &response));
    return 1;
  }).Print("Synthesize, one client, painting takes no time");
}

void BenchIdleGap(const std::filesystem::path& folder, const Flags& flags) {
  Bench bench(folder / "idle", flags.database());
  for (const int milliseconds : {50, 100, 500}) {
    BenchIdleGapOf(bench, std::chrono::milliseconds(milliseconds), flags.seconds);
  }
}

void BenchRest(const std::filesystem::path& folder) {
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "atelier-server";
  const std::string data = (folder / "rest").string();
  int out[2];
  if (pipe(out) != 0) Die("cannot make a pipe");
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(out[1], STDOUT_FILENO);
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    execl(program.c_str(), program.c_str(), "--data", data.c_str(), "--listen", "127.0.0.1:0",
          "--metrics-listen", "127.0.0.1:0", static_cast<char*>(nullptr));
    _exit(127);
  }
  close(out[1]);
  char line[256];
  // The line that it is ready, or its end.
  const bool ready = read(out[0], line, sizeof line) > 0;
  // Its threads settle.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const int64_t resident = KibibytesOf(pid, "VmRSS");
  const int64_t threads = KibibytesOf(pid, "Threads");
  kill(pid, SIGTERM);
  waitpid(pid, nullptr, 0);
  close(out[0]);
  if (!ready) Die("cannot start " + program.string());
  std::printf("atelier-server at rest: %.1f MB resident, %d threads\n",
              static_cast<double>(resident) * 1024 / 1e6, static_cast<int>(threads));
}

}  // namespace atelier::bench
