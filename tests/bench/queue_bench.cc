// atelier-queue-bench: how fast the durable queue is. Not a test: figures depend on the disk's sync
// and on what else the machine does, so both are printed along.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "rpc/server.h"
#include "server/api/api.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "server/store/sqlite/sqlite_store.h"
#include "unit/server/test_pictures.h"

namespace atelier::server {
namespace {

using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Flags {
  std::string folder = std::filesystem::temp_directory_path().string();
  double seconds = 5;
  int queued = 100'000;
};

constexpr char kModel[] = "models/bench";
constexpr int64_t kMaxQueued = 10'000'000;

/// Latencies of one measurement, and how long it took.
struct Figures {
  std::vector<double> milliseconds;
  double seconds = 0;

  double Percentile(double share) {
    if (milliseconds.empty()) return 0;
    const auto at = static_cast<size_t>(share * static_cast<double>(milliseconds.size() - 1));
    std::nth_element(milliseconds.begin(), milliseconds.begin() + at, milliseconds.end());
    return milliseconds[at];
  }
  void Print(const std::string& what) {
    std::printf("%-52s %9.0f /s   p50 %7.3f ms   p99 %7.3f ms\n", what.c_str(),
                static_cast<double>(milliseconds.size()) / seconds, Percentile(0.5),
                Percentile(0.99));
    std::fflush(stdout);
  }
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "atelier-queue-bench: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error().message);
  return *std::move(result);
}

void Must(const Status& status) {
  if (!status) Die(status.error().message);
}

void Must(const grpc::Status& status) {
  if (!status.ok()) Die(status.error_message());
}

/// Calls `once(thread)` from `threads` threads for `seconds`; it returns how many jobs it did.
Figures Measure(int threads, double seconds, const std::function<int(int)>& once) {
  std::vector<std::vector<double>> latencies(threads);
  std::vector<std::thread> workers;
  const auto start = Steady::now();
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&, i] {
      while (Seconds(Steady::now() - start).count() < seconds) {
        const auto before = Steady::now();
        const int jobs = once(i);
        const double taken = Seconds(Steady::now() - before).count() * 1000;
        for (int job = 0; job < jobs; ++job) latencies[i].push_back(taken);
        if (jobs == 0) return;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  Figures figures;
  figures.seconds = Seconds(Steady::now() - start).count();
  for (const auto& some : latencies) {
    figures.milliseconds.insert(figures.milliseconds.end(), some.begin(), some.end());
  }
  return figures;
}

/// A whole server in this process, over a fresh folder.
struct Bench {
  explicit Bench(const std::filesystem::path& folder)
      : store(Must(SqliteStore::Open((folder / "jobs.sqlite").string()))),
        blobs(Must(FolderBlobStore::Open(folder / "blobs"))),
        queue(*store, metrics, SystemClock(), {kMaxQueued}),
        workers(*store, SystemClock(), std::chrono::hours(1)),
        dispatcher(queue, workers, metrics, SystemClock(), {std::chrono::hours(1)}),
        admission(queue, *blobs, workers, {kModel}),
        api({queue, admission, dispatcher, workers, *blobs, lifecycle, rpc::Connect("127.0.0.1:1"),
             rpc::Connect("127.0.0.1:1")}),
        server(Must(rpc::Server::Start({}, api.services()))) {
    v1::Model model;
    model.set_name(kModel);
    Must(workers.Register("w", {model}));
    auto& synthesis = *spec.mutable_synthesis();
    synthesis.mutable_source()->set_asset(AssetName(Must(blobs->Put(PngBytes(64, 64, "s")))));
    synthesis.mutable_pose_picture()->set_asset(AssetName(Must(blobs->Put(PngBytes(64, 64, "p")))));
    synthesis.set_model(kModel);
    synthesis.set_image_count(1);
  }

  JobRecord MakeJob() const {
    JobRecord job;
    job.id = NewId();
    job.spec = spec.SerializeAsString();
    job.model = kModel;
    job.batch_key = std::string(kModel) + "|-|-|-|-|-";
    job.request_id = job.id;
    job.request_hash = std::string(64, 'a');
    return job;
  }
  int64_t Queued() { return Must(store->Count()).queued; }
  /// Brings the queue to `count` jobs.
  void Fill(int64_t count) {
    std::atomic<int64_t> missing = count - Queued();
    Measure(64, 1e9, [&](int) {
      if (missing.fetch_sub(1) <= 0) return 0;
      Must(queue.Submit(MakeJob()));
      return 1;
    });
  }

  telemetry::Metrics metrics;
  std::unique_ptr<SqliteStore> store;
  std::unique_ptr<FolderBlobStore> blobs;
  JobQueue queue;
  WorkerRegistry workers;
  Dispatcher dispatcher;
  Admission admission;
  Lifecycle lifecycle;
  Api api;
  std::unique_ptr<rpc::Server> server;
  v1::JobSpec spec;
};

/// Connections of their own, as clients in processes of their own have them.
std::vector<std::shared_ptr<grpc::Channel>> Connect(const Bench& bench, int count) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(bench.server->port()),
                                  grpc::InsecureChannelCredentials(), arguments));
  }
  return channels;
}

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

void BenchSubmit(Bench& bench, const Flags& flags) {
  for (const int clients : {1, 64}) {
    Measure(clients, flags.seconds, [&](int) {
      Must(bench.queue.Submit(bench.MakeJob()));
      return 1;
    }).Print("submit, store, " + std::to_string(clients) + " clients");
  }
  for (const int clients : {1, 64}) {
    const auto channels = Connect(bench, clients);
    Measure(clients, flags.seconds, [&](int client) {
      const auto stub = v1::JobService::NewStub(channels[client]);
      v1::SubmitJobRequest request;
      *request.mutable_spec() = bench.spec;
      request.set_request_id(NewId());
      grpc::ClientContext context;
      v1::Job job;
      Must(stub->SubmitJob(&context, request, &job));
      return 1;
    }).Print("submit, gRPC, " + std::to_string(clients) + " clients");
  }
}

void BenchLeaseAndComplete(Bench& bench, const Flags& flags) {
  constexpr int kWorkers = 64;
  constexpr int kBatch = 8;
  bench.Fill(flags.queued);
  Measure(kWorkers, flags.seconds, [&](int) {
    const auto jobs = Must(bench.queue.Take({kModel}, kBatch));
    for (const JobRecord& job : jobs) Must(bench.queue.Complete(job.id, job.lease_token, {}));
    return static_cast<int>(jobs.size());
  }).Print("lease + complete, store, 64 workers of 8 jobs");
  bench.Fill(flags.queued);
  const auto channels = Connect(bench, kWorkers);
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
      complete.set_lease_token(job.lease_token());
      complete.add_images()->set_png(png);
      grpc::ClientContext context;
      v1::CompleteJobResponse completed;
      Must(stub->CompleteJob(&context, complete, &completed));
    }
    return leased.jobs_size();
  }).Print("lease + complete, gRPC, 64 workers of 8 jobs");
}

void BenchLeaseDepth(const std::filesystem::path& folder, const Flags& flags) {
  for (const int depth : {100, flags.queued}) {
    const std::filesystem::path fresh = folder / ("depth-" + std::to_string(depth));
    std::filesystem::create_directories(fresh);
    Bench bench(fresh);
    bench.Fill(depth);
    // One in, one out: the depth stays.
    Figures leases;
    const auto start = Steady::now();
    while (Seconds(Steady::now() - start).count() < flags.seconds) {
      const auto before = Steady::now();
      if (Must(bench.queue.Take({kModel}, 1)).size() != 1) Die("the queue ran empty");
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
  double load[3] = {};
  (void)getloadavg(load, 3);
  std::printf("%u cores, load %.2f %.2f, in %s\n", std::thread::hardware_concurrency(), load[0],
              load[1], folder.c_str());
  MeasureSync(folder).Print("4 KiB write + fdatasync");
  {
    Bench bench(folder);
    BenchSubmit(bench, flags);
    BenchLeaseAndComplete(bench, flags);
  }
  BenchLeaseDepth(folder, flags);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace atelier::server

int main(int argc, char** argv) {
  atelier::server::Flags flags;
  CLI::App app("Measures the durable queue in a fresh folder");
  app.add_option("--folder", flags.folder, "Where to make it: on the disk to measure")
      ->capture_default_str();
  app.add_option("--seconds", flags.seconds, "How long each measurement takes")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--queued", flags.queued, "Jobs of the deep queue")
      ->check(CLI::Range(1000, 10'000'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return atelier::server::Run(flags);
}
