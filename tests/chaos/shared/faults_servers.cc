// Three servers over one PostgreSQL and one S3: one dies, sleeps, is replaced, or has another
// clock; two of them collect pictures at once.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "chaos/faults.h"
#include "chaos/lab.h"
#include "chaos/shared/load.h"
#include "server/assets/blob_collector.h"
#include "server/blobs/s3/s3_blob_store.h"
#include "server/store/postgres/postgres_store.h"
#include "telemetry/metrics.h"
#include "unit/server/test_pictures.h"

namespace atelier::chaos {
namespace {

constexpr int kServers = 3;
constexpr std::chrono::seconds kHour(3600);

/// A worker at each server.
bool Begin(Lab& lab, int step_milliseconds = 10) {
  if (!lab.StartServers()) return false;
  for (int i = 0; i < kServers; ++i) {
    if (!lab.StartWorker(
            {.max_jobs = 8, .step_milliseconds = step_milliseconds, .first_server = i}))
      return false;
  }
  return true;
}

/// Running jobs whose workers have reported a step, and their attempts. Of others the answer that
/// leased them may be with a server still.
std::map<std::string, int> Painted(Lab& lab) {
  std::map<std::string, int> painted;
  const auto jobs = lab.peer().All();
  if (!jobs) return painted;
  for (const v1::Job& job : *jobs) {
    const bool running = job.state() == v1::JOB_STATE_RUNNING;
    if (running && job.progress().step() > 0) painted[job.name()] = job.attempt();
  }
  return painted;
}

// A server of this program's own that does nothing but collect.
class Collector {
 public:
  static Result<std::unique_ptr<Collector>> Start(Lab& lab) {
    server::postgres::PoolOptions pool;
    pool.connection.url = lab.database()->url();
    ATELIER_ASSIGN_OR_RETURN(auto store, server::PostgresStore::Open(pool));
    ATELIER_ASSIGN_OR_RETURN(
        auto blobs, server::S3BlobStore::Open(lab.pictures()->Options(), store->blob_index()));
    return std::unique_ptr<Collector>(new Collector(std::move(store), std::move(blobs)));
  }
  int64_t collected() const { return collected_; }
  int64_t rounds() const { return rounds_; }

 private:
  Collector(std::unique_ptr<server::PostgresStore> store,
            std::unique_ptr<server::S3BlobStore> blobs)
      : store_(std::move(store)),
        blobs_(std::move(blobs)),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}
  void Run(const std::stop_token& stop) {
    telemetry::Metrics metrics;
    server::BlobCollector collector(*store_, *blobs_, metrics,
                                    {.unused_for = std::chrono::milliseconds(1500)});
    while (!stop.stop_requested()) {
      const auto swept = collector.Collect();
      if (swept) collected_ += swept->blobs;
      rounds_ += swept ? 1 : 0;
    }
  }

  const std::unique_ptr<server::PostgresStore> store_;
  const std::unique_ptr<server::S3BlobStore> blobs_;
  std::atomic<int64_t> collected_ = 0;
  std::atomic<int64_t> rounds_ = 0;
  std::jthread thread_;
};

/// Uploads a picture, and some time later names it in a job, which is refused when it was collected
/// meanwhile. What was accepted, by request id.
std::map<std::string, std::string> UploadAndSubmit(Peer& peer, const std::string& name,
                                                   Random random, v1::JobSpec spec,
                                                   std::atomic<int64_t>& gone) {
  std::map<std::string, std::string> accepted;
  const auto end = Steady::now() + std::chrono::seconds(8);
  for (int i = 0; Steady::now() < end; ++i) {
    const auto asset = peer.Upload(server::PngBytes(64, 64, fmt::format("{}-{}", name, i)));
    if (!asset) continue;
    // Around the time after which it is collected.
    std::this_thread::sleep_for(Seconds(random.Uniform(1.0, 2.2)));
    spec.mutable_synthesis()->mutable_source()->set_asset(*asset);
    const std::string request = fmt::format("{}-{}", name, i);
    const auto job = peer.Submit(spec, request);
    if (job) accepted[request] = job->name();
    gone += job ? 0 : 1;
  }
  return accepted;
}

}  // namespace

void KillOneServer(const Setting& setting, Figures& figures) {
  Lab lab({.servers = kServers}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    Load load(lab, {.servers = kServers});
    lab.Pause(Seconds(0.7), Seconds(1.5));
    const int victim = lab.random().Index(kServers);
    const auto fault = Steady::now();
    lab.KillServer(victim);
    figures.Recovered(load.AwaitAll(fault), "a client found no other server");
    lab.Pause(Seconds(0.5), Seconds(1));
    if (!lab.StartServer(victim)) return;
    load.Finish();
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
}

void PauseOneServer(const Setting& setting, Figures& figures) {
  // Each of the jobs takes two leases: it loses its own unless heartbeats find another server.
  constexpr int kJobs = 12, kSteps = 160, kStepMilliseconds = 25;
  Lab lab({.servers = kServers}, figures, setting.seed);
  if (!Begin(lab, kStepMilliseconds)) return;
  for (int run = 0; run < setting.runs; ++run) {
    for (int i = 0; i < kJobs; ++i) lab.Submit(kSteps);
    const auto busy = [&] { return Painted(lab).size() >= kJobs / 2; };
    figures.Expect(lab.Until(Seconds(30), busy), "the workers did not begin");
    // Clients at the others; the lab's own calls are at the first.
    Load load(lab, {.servers = 1});
    lab.Pause(Seconds(0.1), Seconds(0.4));
    const int victim = 1 + lab.random().Index(kServers - 1);
    const auto painted = Painted(lab);
    const auto fault = Steady::now();
    lab.server(victim).Signal(SIGSTOP);
    figures.Recovered(load.AwaitAll(fault), "clients of other servers wait for the paused one");
    const TakenBack taken = AwaitTakenBack(lab, painted, fault);
    figures.counts["jobs that were painted"] += static_cast<int64_t>(painted.size());
    figures.counts["jobs that lost their attempt"] += taken.jobs;
    figures.Expect(taken.jobs == 0, "a paused server cost living workers their leases");
    lab.Pause(Seconds(0.5), Seconds(1));
    lab.server(victim).Signal(SIGCONT);
    // It must take nothing back that is not its own to judge.
    lab.Pause(Seconds(1), Seconds(2));
    load.Finish();
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
}

void ReplaceServers(const Setting& setting, Figures& figures) {
  Lab lab({.servers = kServers}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    Load load(lab, {.servers = kServers});
    for (int index = 0; index < kServers; ++index) {
      lab.Pause(Seconds(0.5), Seconds(1));
      const auto asked = Steady::now();
      lab.server(index).Signal(SIGTERM);
      const auto code = lab.server(index).Wait();
      figures.Expect(code == 0, "a server did not end with 0 when it was asked to");
      if (!lab.StartServer(index)) return;
      figures.Recovered(load.AwaitAll(asked), "a client found no other server");
      ++figures.counts["servers replaced"];
    }
    load.Finish();
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
  const auto jobs = lab.peer().All();
  for (const v1::Job& job : jobs.value_or(std::vector<v1::Job>()))
    figures.Expect(job.attempt() == 1, job.name() + " lost an attempt to the replacing");
}

void PartClocks(const Setting& setting, Figures& figures) {
  Lab lab({.servers = kServers}, figures, setting.seed);
  lab.server_panel(0).SetWallOffset(-kHour);
  lab.server_panel(2).SetWallOffset(kHour);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    const double expired = lab.SumMetric("atelier_leases_expired_total");
    {
      Load load(lab, {.servers = kServers});
      lab.Pause(Seconds(2), Seconds(3));
      load.Finish();
    }
    lab.Settle(Seconds(120));
    figures.Expect(lab.SumMetric("atelier_leases_expired_total") == expired,
                   "a living worker's lease ran out by another clock");
    for (int i = 0; i < 12; ++i) lab.Submit(60);
    const auto busy = [&] { return lab.Running().size() >= 10; };
    figures.Expect(lab.Until(Seconds(30), busy), "the workers did not begin");
    lab.Pause(Seconds(0), Seconds(0.3));
    const auto running = lab.Running();
    testing::Process& victim = lab.worker(static_cast<size_t>(lab.random().Index(kServers)));
    const auto fault = Steady::now();
    victim.Signal(SIGKILL);
    victim.Wait();
    const TakenBack taken = AwaitTakenBack(lab, running, fault);
    figures.counts["jobs that lost their worker"] += taken.jobs;
    if (taken.jobs > 0) figures.Recovered(taken.longest, "a job stayed with a dead worker");
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
}

void CollectTwice(const Setting& setting, Figures& figures) {
  Lab lab({.servers = kServers}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    std::vector<std::unique_ptr<Collector>> collectors;
    for (int i = 0; i < 2; ++i) {
      auto collector = Collector::Start(lab);
      if (!figures.Expect(collector.has_value(), "a collector did not start")) return;
      collectors.push_back(*std::move(collector));
    }
    Load load(lab, {.clients = 3, .servers = kServers});
    constexpr int kUploaders = 8;
    std::vector<std::map<std::string, std::string>> accepted(kUploaders);
    std::vector<std::unique_ptr<Peer>> peers;
    std::atomic<int64_t> gone = 0;
    std::vector<std::thread> uploaders;
    for (int i = 0; i < kUploaders; ++i) {
      peers.push_back(lab.MakePeer(i % kServers));
      uploaders.emplace_back([&, i, peer = peers.back().get(), spec = lab.Spec(2),
                              random = lab.random().Fork(static_cast<uint64_t>(i)),
                              name = lab.NextRequest()] {
        accepted[static_cast<size_t>(i)] = UploadAndSubmit(*peer, name, random, spec, gone);
      });
    }
    for (std::thread& uploader : uploaders) uploader.join();
    load.Finish();
    for (const auto& of_one : accepted)
      for (const auto& [request, job] : of_one) lab.Book(request, job);
    figures.counts["submits of a picture that was collected"] += gone;
    for (const auto& collector : collectors) {
      figures.counts["pictures collected"] += collector->collected();
      figures.counts["rounds of collectors"] += collector->rounds();
    }
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
  figures.Expect(figures.counts["pictures collected"] > 0, "nothing was collected");
}

}  // namespace atelier::chaos
