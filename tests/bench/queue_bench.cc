// atelier-queue-bench: how fast the durable queue and what is around it are. Not a test: figures
// depend on the disk's sync and on what else the machine does, so both are printed along.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/version.h"
#include "bench/bench_server.h"
#include "bench/worker_bench.h"

namespace atelier::bench {
namespace {

/// What every durable answer waits for.
Figures MeasureSync(const std::filesystem::path& folder) {
  const int file = open((folder / "sync").c_str(), O_WRONLY | O_CREAT, 0644);
  if (file < 0) Die("cannot write into " + folder.string());
  const std::string page(4096, 'x');
  Figures figures = Measure(1, 1, [&](int) {
    if (write(file, page.data(), page.size()) < 0 || fdatasync(file) != 0) Die("cannot sync");
    return 1;
  });
  close(file);
  return figures;
}

void BenchSubmit(const std::filesystem::path& folder, const Flags& flags) {
  Bench bench(folder / "submit");
  for (const int clients : {1, 64}) {
    if (!flags.Wants("submit-store")) break;
    Measure(clients, flags.seconds, [&](int) {
      Must(bench.queue.Submit(bench.MakeJob()));
      return 1;
    }).Print("submit, store, " + std::to_string(clients) + " clients");
  }
  if (!flags.Wants("submit-grpc")) return;
  const auto channels = Connect(bench, 64);
  const auto submit = [&](int client) {
    const auto stub = v1::JobService::NewStub(channels[client]);
    v1::SubmitJobRequest request;
    *request.mutable_spec() = bench.spec;
    request.set_request_id(NewId());
    grpc::ClientContext context;
    v1::Job job;
    Must(stub->SubmitJob(&context, request, &job));
    return 1;
  };
  for (const int clients : {1, 64}) {
    Measure(clients, flags.seconds, submit)
        .Print("submit, gRPC, " + std::to_string(clients) + " clients");
  }
  MeasureAtRate(64, flags.seconds, 3000, submit).Print("submit, gRPC, 64 clients, 3000/s offered");
}

void BenchLeaseAndComplete(const std::filesystem::path& folder, const Flags& flags) {
  Bench bench(folder / "lease");
  constexpr int kWorkers = 64;
  constexpr int kBatch = 8;
  if (flags.Wants("lease-store")) {
    bench.Fill(flags.queued);
    Measure(kWorkers, flags.seconds, [&](int) {
      const auto jobs = Must(bench.queue.Take("bench", {kModel}, kBatch));
      for (const JobRecord& job : jobs) Must(bench.queue.Complete(job.id, job.lease->token, {}));
      return static_cast<int>(jobs.size());
    }).Print("lease + complete, store, 64 workers of 8 jobs");
  }
  if (!flags.Wants("lease-grpc")) return;
  bench.Fill(flags.queued);
  const auto channels = Connect(bench, kWorkers);
  // One picture, stored once: what a result costs is measured by Synthesize.
  const std::string png = PngBytes(64, 64, "painted");
  Measure(kWorkers, flags.seconds, [&](int worker) {
    const auto stub = v1::DispatchService::NewStub(channels[worker]);
    v1::LeaseJobsRequest lease;
    lease.set_worker("w");
    lease.set_max_jobs(kBatch);
    v1::LeaseJobsResponse leased;
    grpc::ClientContext lease_context;
    Must(stub->LeaseJobs(&lease_context, lease, &leased));
    for (const v1::LeasedJob& job : leased.jobs()) {
      v1::CompleteJobRequest complete;
      complete.set_job(job.job());
      complete.set_lease(job.lease());
      complete.add_results()->set_png(png);
      grpc::ClientContext context;
      v1::CompleteJobResponse completed;
      Must(stub->CompleteJob(&context, complete, &completed));
    }
    return leased.jobs_size();
  }).Print("lease + complete, gRPC, 64 workers of 8 jobs");
}

void BenchLeaseDepth(const std::filesystem::path& folder, const Flags& flags) {
  for (const int depth : {100, flags.queued}) {
    Bench bench(folder / ("depth-" + std::to_string(depth)));
    bench.Fill(depth);
    // One in, one out: the depth stays.
    Figures leases;
    const auto start = Steady::now();
    while (Seconds(Steady::now() - start).count() < flags.seconds) {
      const auto before = Steady::now();
      if (Must(bench.queue.Take("bench", {kModel}, 1)).size() != 1) Die("the queue ran empty");
      const double taken = Seconds(Steady::now() - before).count();
      leases.milliseconds.push_back(taken * 1000);
      leases.seconds += taken;
      Must(bench.queue.Submit(bench.MakeJob()));
    }
    leases.Print("lease of one, " + std::to_string(depth) + " queued");
  }
}

int Run(const Flags& flags) {
  std::string name = (std::filesystem::path(flags.folder) / "atelier-queue-XXXXXX").string();
  if (!mkdtemp(name.data())) Die("cannot make a folder in " + flags.folder);
  const std::filesystem::path folder = name;
  // A line a job would be what is measured.
  spdlog::set_level(spdlog::level::warn);
  double load[3] = {};
  (void)getloadavg(load, 3);
  std::printf("%u cores, load %.2f %.2f, in %s\n", std::thread::hardware_concurrency(), load[0],
              load[1], folder.c_str());
  MeasureSync(folder).Print("4 KiB write + fdatasync");
  if (flags.Wants("submit-store") || flags.Wants("submit-grpc")) BenchSubmit(folder, flags);
  if (flags.Wants("lease-store") || flags.Wants("lease-grpc")) BenchLeaseAndComplete(folder, flags);
  if (flags.Wants("depth")) BenchLeaseDepth(folder, flags);
  if (flags.Wants("synthesize")) BenchSynthesize(folder, flags);
  if (flags.Wants("idle")) BenchIdleGap(folder, flags);
  if (flags.Wants("rest")) BenchRest(folder);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace atelier::bench

int main(int argc, char** argv) {
  atelier::bench::Flags flags;
  CLI::App app("Measures the durable queue in a fresh folder");
  app.set_version_flag("--version", std::string("atelier-queue-bench ") + atelier::kVersion,
                       "Print the version and end");
  flags.folder = std::filesystem::temp_directory_path().string();
  app.add_option("--folder", flags.folder, "Where to make it: on the disk to measure")
      ->capture_default_str();
  app.add_option("--seconds", flags.seconds, "How long each measurement takes")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--queued", flags.queued, "Jobs of the deep queue")
      ->check(CLI::Range(1000, 10'000'000))
      ->capture_default_str();
  app.add_option("--only", flags.only,
                 "submit-store, submit-grpc, lease-store, lease-grpc, depth, synthesize, idle or "
                 "rest, or a part of these names; default: all of them");
  CLI11_PARSE(app, argc, argv);
  return atelier::bench::Run(flags);
}
