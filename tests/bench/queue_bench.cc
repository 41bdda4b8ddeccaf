// atelier-queue-bench: how fast the durable queue and what is around it are. Not a test: figures
// depend on the disk's sync and on what else the machine does, so both are printed along.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <future>
#include <limits>
#include <optional>

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
  Bench bench(folder / "submit", flags.database());
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
  Bench bench(folder / "lease", flags.database());
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
    Bench bench(folder / ("depth-" + std::to_string(depth)), flags.database());
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
    const auto last = Must(bench.store->List(1, std::numeric_limits<int64_t>::max())).front();
    Measure(1, flags.seconds / 2, [&](int) {
      Must(bench.queue.Position(last));
      return 1;
    }).Print("place of the last one, " + std::to_string(depth) + " queued");
  }
}

void BenchPickup(const std::filesystem::path& folder, const Flags& flags) {
  const std::string database = flags.database();
  Bench here(folder / "pickup", database);
  std::optional<Bench> other;
  if (!database.empty()) other.emplace(folder / "pickup-other", database);
  for (Bench* server : {&here, other ? &*other : nullptr}) {
    if (server == nullptr) break;
    Figures pickups;
    const auto start = Steady::now();
    while (Seconds(Steady::now() - start).count() < flags.seconds) {
      std::promise<Steady::time_point> picked_up;
      std::thread worker([&] {
        const auto jobs = Must(server->dispatcher.LeaseJobs("w", 1, std::chrono::seconds(20),
                                                            [] { return Status(); }));
        picked_up.set_value(Steady::now());
        if (jobs.size() != 1) Die("a job was not picked up within 20 s");
        Must(server->dispatcher.Complete(jobs[0].id, jobs[0].lease->token, {}));
      });
      // So that it waits already.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      Must(here.queue.Submit(here.MakeJob()));
      const auto submitted = Steady::now();
      const Seconds taken = picked_up.get_future().get() - submitted;
      pickups.milliseconds.push_back(std::max(0.0, taken.count() * 1000));
      worker.join();
    }
    std::printf("%-52s %9zu jobs p50 %7.3f ms   p95 %7.3f ms\n",
                server == &here ? "pickup after submit, same server"
                                : "pickup after submit, another server",
                pickups.milliseconds.size(), pickups.Percentile(0.5), pickups.Percentile(0.95));
    std::fflush(stdout);
  }
}

// One in, one leased, one completed.
double MedianOfLeases(Bench& bench, const Flags& flags, const std::string& what) {
  Figures leases;
  const auto start = Steady::now();
  while (Seconds(Steady::now() - start).count() < flags.seconds) {
    Must(bench.queue.Submit(bench.MakeJob()));
    const auto before = Steady::now();
    const auto jobs = Must(bench.queue.Take("bench", {kModel}, 1));
    const double taken = Seconds(Steady::now() - before).count();
    if (jobs.size() != 1) Die("the queue ran empty");
    leases.milliseconds.push_back(taken * 1000);
    leases.seconds += taken;
    Must(bench.queue.Complete(jobs[0].id, jobs[0].lease->token, {}));
  }
  leases.Print("lease of one, " + what);
  return leases.Percentile(0.5);
}

void BenchFinished(const std::filesystem::path& folder, const Flags& flags) {
  const std::string database = flags.database();
  if (database.empty()) Die("--finished is for PostgreSQL");
  Bench bench(folder / "finished", database);
  bench.Fill(1000);
  const double before = MedianOfLeases(bench, flags, "few finished");
  const std::string count = std::to_string(flags.finished);
  // Without the triggers, which count row by row.
  BenchDatabase::Execute(
      database,
      "BEGIN; ALTER TABLE jobs DISABLE TRIGGER USER;"
      " INSERT INTO jobs (id, tenant, spec, model, batch_key, state, revision, attempt,"
      "  lost_workers, cancel_requested, rank_ms, queued_ms, expires_ms, started_ms, ended_ms,"
      "  create_time_ms, start_time_ms, end_time_ms, outcome, error_reason, error_message,"
      "  request_id, request_hash, traceparent, pixels, step_pixels, device_ms, pictures)"
      " SELECT 'finished' || i, '', decode(repeat('ab', 200), 'hex'), '" +
          std::string(kModel) + "', '" + bench.MakeJob().batch_key +
          "', 3, 3, 1, 0, 0, i, i, 0, i, i, i, i, i, decode(repeat('cd', 200), 'hex'), '', '',"
          "  'finished' || i, repeat('a', 64), '', 0, 0, 0, 1 FROM generate_series(1, " +
          count + ") AS i; UPDATE totals SET finished = finished + " + count +
          " WHERE slot = 0; ALTER TABLE jobs ENABLE TRIGGER USER; COMMIT");
  const double after = MedianOfLeases(bench, flags, count + " finished, just now");
  BenchDatabase::Execute(database, "VACUUM ANALYZE");
  // Plans of statements are each connection's own, and made anew.
  Bench restarted(folder / "finished-restarted", database);
  const double vacuumed = MedianOfLeases(restarted, flags, count + " finished, vacuumed");
  std::printf("a lease takes %.2f times as long, vacuumed %.2f\n", after / before,
              vacuumed / before);
}

int Run(Flags flags, bool in_postgres, const std::string& url) {
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
  std::optional<BenchDatabase> database;
  if (in_postgres) {
    database.emplace(url);
    flags.database = [&database] { return database->FreshUrl(); };
  }
  if (flags.Wants("submit-store") || flags.Wants("submit-grpc")) BenchSubmit(folder, flags);
  if (flags.Wants("lease-store") || flags.Wants("lease-grpc")) BenchLeaseAndComplete(folder, flags);
  if (flags.Wants("depth")) BenchLeaseDepth(folder, flags);
  if (flags.Wants("pickup")) BenchPickup(folder, flags);
  if (flags.finished > 0) BenchFinished(folder, flags);
  if (flags.Wants("synthesize")) BenchSynthesize(folder, flags);
  if (flags.Wants("idle")) BenchIdleGap(folder, flags);
  if (flags.Wants("rest")) BenchRest(folder);
  database.reset();
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
  app.add_option(
      "--only", flags.only,
      "submit-store, submit-grpc, lease-store, lease-grpc, depth, pickup, synthesize, idle "
      "or rest, or a part of these names; default: all of them");
  std::string store = "sqlite", url;
  app.add_option("--store", store, "Where the queue is; postgres: in one that is started for it")
      ->check(CLI::IsMember({"sqlite", "postgres"}))
      ->capture_default_str();
  app.add_option("--database", url, "The PostgreSQL to measure, in schemas that go afterwards");
  app.add_option("--finished", flags.finished,
                 "Measures leases before and after so many finished jobs, in PostgreSQL; 0: not")
      ->check(CLI::Range(int64_t{0}, int64_t{100'000'000}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return atelier::bench::Run(flags, store == "postgres" || !url.empty(), url);
}
