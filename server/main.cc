// atelier-server: the public API, the durable queue and the workers' dispatch in one process.
#include <signal.h>

#include <cstdio>
#include <memory>

#include "rpc/server.h"
#include "server/api/api.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "server/config.h"
#include "server/data_lock.h"
#include "server/dispatch/lease_reaper.h"
#include "server/store/sqlite/sqlite_store.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace atelier::server {
namespace {

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

// Blocked before any thread starts, so that every thread leaves them to sigwait.
sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Refuses new work, lets running jobs end for a while, then ends every call. A second signal ends
// the patience.
void Drain(Lifecycle& lifecycle, rpc::Server& server, JobQueue& queue, const sigset_t& signals,
           std::chrono::milliseconds patience) {
  lifecycle.Drain();
  server.StopAdvertising();
  spdlog::info("draining");
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const timespec pause{0, 100'000'000};
  while (std::chrono::steady_clock::now() < deadline) {
    const Result<JobStore::Counts> counts = queue.store().Count();
    if (!counts || counts->running == 0) break;
    if (sigtimedwait(&signals, nullptr, &pause) > 0) break;
  }
  lifecycle.Stop();
  server.Shutdown(std::chrono::seconds(2));
  spdlog::info("stopped");
}

Status Run(const Config& config) {
  const sigset_t signals = BlockEndSignals();
  const std::string data = config.data;
  ATELIER_ASSIGN_OR_RETURN(const auto lock, DataLock::Take(data));
  ATELIER_ASSIGN_OR_RETURN(const auto store, SqliteStore::Open(data + "/jobs.sqlite"));
  ATELIER_ASSIGN_OR_RETURN(const auto blobs, FolderBlobStore::Open(data + "/blobs"));

  telemetry::Metrics metrics;
  const Clock& clock = SystemClock();
  const auto lease = Milliseconds(config.lease_seconds);
  JobQueue queue(*store, metrics, clock, {config.max_queue, config.max_attempts});
  // LeaseJobs may wait 30 s in silence, and a worker may be late by a lease.
  WorkerRegistry workers(*store, clock, lease + std::chrono::seconds(35));
  Dispatcher dispatcher(queue, workers, metrics, clock, {lease});
  Admission admission(queue, *blobs, workers, {"models/" + config.default_model});
  ATELIER_RETURN_IF_ERROR(workers.Recover());
  ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> running, queue.Recover());
  dispatcher.Recover(running);
  LeaseReaper reaper(dispatcher, std::min(lease / 4, std::chrono::milliseconds(250)));

  Lifecycle lifecycle;
  Api api({queue, admission, dispatcher, workers, *blobs, lifecycle, rpc::Connect(config.pose),
           rpc::Connect(config.region)});
  rpc::ServerOptions options;
  options.address = config.listen;
  options.on_call_end = [&](const std::string& method, Code code) {
    metrics.Rpcs(method.substr(1), std::string(CodeName(code))).Increment();
  };
  ATELIER_ASSIGN_OR_RETURN(const auto metrics_server,
                           telemetry::MetricsServer::Start(config.metrics_listen, metrics));
  ATELIER_ASSIGN_OR_RETURN(const auto server, rpc::Server::Start(options, api.services()));

  std::printf("listening grpc=%d metrics=%d\n", server->port(), metrics_server->port());
  std::fflush(stdout);
  spdlog::info("data={} resumed={} serving", data, running.size());
  int signal = 0;
  sigwait(&signals, &signal);
  Drain(lifecycle, *server, queue, signals, Milliseconds(config.drain_seconds));
  return {};
}

}  // namespace
}  // namespace atelier::server

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto config = atelier::server::ParseConfig(argc, argv, exit_code);
  if (!config) return exit_code;
  atelier::telemetry::SetUpLog("atelier-server", config->log_level);
  if (const atelier::Status status = atelier::server::Run(*config); !status) {
    spdlog::error("reason={} {}", status.error().reason, status.error().message);
    return 1;
  }
  return 0;
}
