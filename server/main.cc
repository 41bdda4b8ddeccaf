// atelier-server: the public API, the durable queue and the workers' dispatch in one process.
#include <malloc.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "atelier/config/v1/server.pb.h"
#include "config/load.h"
#include "rpc/server.h"
#include "server/access/secrets.h"
#include "server/administration/administration.h"
#include "server/api/api.h"
#include "server/assets/blob_collector.h"
#include "server/dispatch/model_retention.h"
#include "server/jobs/periodic.h"
#include "server/listeners.h"
#include "server/open_blobs.h"
#include "server/open_store.h"
#include "server/replica.h"
#include "server/scaling/external_scaler.h"
#include "server/server_gauges.h"
#include "server/storage/data_lock.h"
#include "server/tenant_limits_setting.h"
#include "system/free_memory.h"
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

// Whether nothing is left that only this server can bring to an end.
bool IsDrained(JobQueue& queue, Api& api) {
  // Of several servers another one takes the workers' results; those who wait here wait here.
  if (queue.sharing()) return !api.IsAnyFollowed();
  const Result<JobStore::Counts> counts = queue.store().Count();
  return !counts || counts->running == 0;
}

// Refuses new work, lets running jobs end for a while, then ends every call. A second signal ends
// the patience.
void Drain(Lifecycle& lifecycle, Listeners& server, JobQueue& queue, Api& api,
           const sigset_t& signals, std::chrono::milliseconds patience) {
  lifecycle.Drain();
  server.StopAdvertising();
  server.SendClientsAway();
  spdlog::info("draining");
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const timespec pause{0, 100'000'000};
  while (std::chrono::steady_clock::now() < deadline) {
    if (IsDrained(queue, api)) break;
    if (sigtimedwait(&signals, nullptr, &pause) > 0) break;
  }
  lifecycle.Stop();
  server.Shutdown(std::chrono::seconds(2));
  spdlog::info("stopped");
}

using Config = config::v1::ServerConfig;
using namespace std::chrono_literals;

constexpr int64_t kMiB = 1 << 20;

JobQueue::Options QueueOptions(const Config& config, const TenantLimitTable& tenants,
                               Sharing* sharing) {
  JobQueue::Options options;
  options.max_queued = config.max_queue();
  options.max_attempts = config.max_attempts();
  options.ageing = Milliseconds(config.ageing_seconds());
  options.queue_ttl = Milliseconds(config.queue_ttl_seconds());
  options.retain_finished = Milliseconds(config.retain_hours() * 3600);
  options.max_finished = config.max_finished();
  options.max_job_step_pixels = StepPixelsOf(config.max_job_cost());
  options.tenants = tenants;
  options.sharing = sharing;
  return options;
}

// Null where the operator has no rules of their own.
std::shared_ptr<const Moderator> ModeratorOf(const Config& config) {
  if (config.moderation().empty()) return nullptr;
  // It is the operator's own: no secret of ours is sent.
  const rpc::ChannelSecurity security = rpc::ChannelSecurityOf(config, nullptr);
  return std::make_shared<const Moderator>(Moderator::Connect(config.moderation(), security),
                                           Milliseconds(config.moderation_seconds()));
}

// INVALID_ARGUMENT for a service that would be called in plaintext beyond this machine.
Status CheckChannels(const Config& config) {
  const rpc::ChannelSecurity security = rpc::ChannelSecurityOf(config, nullptr);
  ATELIER_RETURN_IF_ERROR(rpc::CheckChannel("pose", config.pose(), security));
  ATELIER_RETURN_IF_ERROR(rpc::CheckChannel("region", config.region(), security));
  if (config.moderation().empty()) return {};
  return rpc::CheckChannel("moderation", config.moderation(), security);
}

void ForgetModels(WorkerRegistry& workers, JobQueue& queue, std::chrono::milliseconds ttl) {
  const Result<int64_t> ended = ForgetGoneModels(workers, queue, ttl);
  if (!ended) spdlog::error("cannot forget models: {}", ended.error().message);
}

void ExpireQueued(JobQueue& queue) {
  const Result<int64_t> expired = queue.ExpireQueued();
  if (!expired) spdlog::error("cannot expire queued jobs: {}", expired.error().message);
}

void TakeBackUnleased(JobQueue& queue) {
  const Result<int64_t> taken_back = queue.TakeBackUnleased();
  if (!taken_back) spdlog::error("cannot find lost leases: {}", taken_back.error().message);
}

void Prune(JobQueue& queue) {
  const Result<int64_t> pruned = queue.Prune();
  if (!pruned) spdlog::error("cannot prune finished jobs: {}", pruned.error().message);
}

void Collect(BlobCollector& collector) {
  const Result<BlobStore::Swept> swept = collector.Collect();
  if (!swept) spdlog::error("cannot collect pictures: {}", swept.error().message);
}

// Blocks of pictures go back to the system when they are freed. By itself the allocator would keep
// the size of the largest one in every arena.
void GiveBackLargeBlocks() { mallopt(M_MMAP_THRESHOLD, 1 << 20); }

Status Run(const Config& config) {
  const sigset_t signals = BlockEndSignals();
  const std::string& data = config.data();
  ATELIER_RETURN_IF_ERROR(CheckChannels(config));
  ATELIER_ASSIGN_OR_RETURN(const TenantLimitTable tenants, TenantLimitsOf(config));
  ATELIER_ASSIGN_OR_RETURN(const auto lock, DataLock::Take(data));
  ATELIER_ASSIGN_OR_RETURN(const Secrets secrets,
                           OpenSecrets({.data = data,
                                        .administrator = config.administrator_token_file(),
                                        .worker = config.worker_secret_file()}));
  telemetry::Metrics metrics;
  const OnStorageFailure count_failure = [&](const Error& error) {
    metrics.StorageFailures(error.reason).Increment();
  };
  ATELIER_ASSIGN_OR_RETURN(const auto store,
                           OpenServerStore({.data = data,
                                            .database = config.database(),
                                            .connections = config.database_connections()},
                                           count_failure));
  ATELIER_ASSIGN_OR_RETURN(const auto blobs, OpenBlobs(config, store->blob_index(), count_failure));
  const Clock& clock = SystemClock();
  const auto lease = Milliseconds(config.lease_seconds());
  const auto sharing =
      store->shared() ? std::make_unique<Sharing>(*store->shared()) : std::unique_ptr<Sharing>();
  JobQueue queue(*store, metrics, clock, QueueOptions(config, tenants, sharing.get()));
  // LeaseJobs may wait 30 s in silence, and a worker may be late by a lease.
  WorkerRegistry workers(*store, clock, lease + std::chrono::seconds(35), sharing.get());
  Dispatcher dispatcher(queue, workers, metrics, {lease});
  const std::shared_ptr<const Moderator> moderator = ModeratorOf(config);
  Admission::Options admission_options;
  admission_options.default_model = "models/" + config.default_model();
  admission_options.moderator = moderator;
  Admission admission(queue, *blobs, workers, admission_options);
  TokenTable tokens(*store, clock, sharing.get());
  ATELIER_RETURN_IF_ERROR(tokens.Recover());
  ATELIER_RETURN_IF_ERROR(workers.Recover());
  ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> running, queue.Recover());
  dispatcher.Recover(running);
  BlobCollector collector(*store, *blobs, metrics,
                          {Milliseconds(config.retain_uploads_hours() * 3600)});
  std::optional<Replica> replica;
  if (sharing)
    replica.emplace(Replica::Parts{*sharing, queue, dispatcher, workers, tokens, metrics});
  // A lost worker's jobs wait for the end of their leases and this on top. What SQLite reads for it
  // is in memory anyway.
  const auto expire_pause =
      sharing ? std::clamp<std::chrono::milliseconds>(lease / 50, 20ms, 250ms) : 20ms;
  const Periodic expire(expire_pause, [&] { dispatcher.ExpireLeases(); });
  const Periodic watch(std::chrono::milliseconds(250), [&] { ExpireQueued(queue); });
  const Periodic prune(std::chrono::seconds(15), [&] {
    Prune(queue);
    TakeBackUnleased(queue);
    // What large messages took.
    GiveBackFreeMemory();
  });
  const auto forget_after = Milliseconds(config.forget_models_seconds());
  const Periodic forget(std::clamp<std::chrono::milliseconds>(forget_after / 4, 500ms, 15s),
                        [&] { ForgetModels(workers, queue, forget_after); });
  // It reads every kept job.
  const Periodic collect(std::chrono::minutes(10), [&] { Collect(collector); });

  Lifecycle lifecycle;
  const Guards guards = MakeGuards(config, {secrets, tokens, tenants, metrics});
  const rpc::ChannelSecurity security =
      rpc::ChannelSecurityOf(config, rpc::FixedSecret(secrets.worker));
  Api api({queue, admission, dispatcher, workers, *blobs, lifecycle,
           rpc::Connect(config.pose(), security), rpc::Connect(config.region(), security),
           moderator.get(), guards.clients.get(), config.max_waiting_calls(),
           config.call_memory_mib() * kMiB, guards.workers.get()});
  Administration administration(tokens, queue, dispatcher, *blobs, api.callers());
  ExternalScaler scaler(queue, lifecycle, api.callers());
  ServerGauges gauges(queue, workers, data, metrics);
  metrics.OnScrape([&] {
    gauges.Refresh();
    metrics.blob_bytes.Set(static_cast<double>(blobs->bytes()));
  });
  ATELIER_ASSIGN_OR_RETURN(const auto metrics_server,
                           telemetry::MetricsServer::Start(config.metrics_listen(), metrics));
  std::vector<grpc::Service*> for_clients = api.public_services();
  for (grpc::Service* service : administration.services()) for_clients.push_back(service);
  for_clients.push_back(&scaler);
  ATELIER_ASSIGN_OR_RETURN(
      const auto server,
      Listeners::Start(config, {for_clients, api.worker_services()}, guards, metrics));

  server->Announce(metrics_server->port());
  spdlog::info("data={} resumed={} serving", data, running.size());
  int signal = 0;
  sigwait(&signals, &signal);
  Drain(lifecycle, *server, queue, api, signals, Milliseconds(config.drain_seconds()));
  return {};
}

}  // namespace
}  // namespace atelier::server

int main(int argc, char** argv) {
  const atelier::config::Program program{
      "atelier-server", "The public API, the durable queue and the workers' dispatch."};
  atelier::config::v1::ServerConfig config;
  if (const auto code = atelier::config::Load(program, argc, argv, config)) return *code;
  atelier::server::GiveBackLargeBlocks();
  atelier::telemetry::SetUpLog(program.name, config.log_level(), config.log_format());
  if (const atelier::Status status = atelier::server::Run(config); !status) {
    return atelier::config::CannotStart(program.name, status.error());
  }
  return atelier::config::kExitOk;
}
