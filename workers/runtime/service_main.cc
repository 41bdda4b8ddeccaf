#include "runtime/service_main.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "config/load.h"
#include "rpc/secret_guard.h"
#include "rpc/server.h"
#include "telemetry/log.h"

namespace atelier::runtime {
namespace {

/// What calls get to end in when draining has used up the grace.
constexpr std::chrono::milliseconds kLastGrace{1000};

std::shared_ptr<const rpc::CallGuard> GuardOf(const ServiceOptions& service,
                                              telemetry::Metrics& metrics) {
  rpc::Refusals::Options refusals;
  refusals.count = [&metrics](const std::string& reason) {
    metrics.RefusedCalls(reason).Increment();
  };
  rpc::SecretSource secret;
  if (!service.secret_file.empty()) {
    secret = rpc::SecretOfFile(service.secret_file, "worker_secret_file");
  }
  return std::make_shared<const rpc::SecretGuard>(std::move(secret), std::move(refusals));
}

/// Loads beside a stop signal, which does not wait for it. The exit code of a process that has
/// nothing to serve.
std::optional<int> Load(const std::function<Status()>& load, StopSignals& signals) {
  if (!load) return std::nullopt;
  Status loaded;
  Event ended;
  std::thread loading([&] {
    loaded = load();
    ended.Set();
  });
  if (!signals.WaitOr(ended)) {
    // What is being loaded cannot be stopped, and nothing was promised to anybody yet.
    spdlog::info("asked to stop while loading");
    spdlog::default_logger()->flush();
    std::_Exit(config::kExitOk);
  }
  loading.join();
  if (loaded) return std::nullopt;
  return config::CannotStart(spdlog::default_logger()->name(), loaded.error());
}

}  // namespace

int RunService(const ServiceOptions& service, StopSignals& signals, telemetry::Metrics& metrics,
               const ServiceParts& parts) {
  rpc::ServerOptions options;
  options.address = service.listen;
  options.health_address = service.health_listen;
  options.advertise = false;
  options.security = service.security;
  options.security.guard = GuardOf(service, metrics);
  options.on_call_end = [&metrics](const std::string& method, Code code, double seconds) {
    metrics.CountRpc(method, code, seconds);
  };
  const std::string& process = spdlog::default_logger()->name();
  auto server = rpc::Server::Start(options, parts.services);
  if (!server) return config::CannotStart(process, server.error());
  auto metrics_server = telemetry::MetricsServer::Start(service.metrics_listen, metrics);
  if (!metrics_server) return config::CannotStart(process, metrics_server.error());
  if (const auto code = Load(parts.load, signals)) return *code;
  (*server)->Advertise();
  rpc::AnnouncePorts(**server, (*metrics_server)->port());
  std::mutex mutex;
  bool draining = false;  // GUARDED_BY(mutex)
  const auto set_ready = [&](bool ready) {
    const std::lock_guard lock(mutex);
    if (draining) return;
    ready ? (*server)->Advertise() : (*server)->StopAdvertising();
  };
  if (parts.on_ready) parts.on_ready(set_ready);

  signals.Wait();
  const auto deadline = std::chrono::steady_clock::now() + service.call_grace;
  {
    const std::lock_guard lock(mutex);
    draining = true;
    (*server)->StopAdvertising();
  }
  if (parts.on_drain) {
    // Shutdown() does it where nothing comes before.
    if (const Status away = (*server)->SendAway(); !away) spdlog::warn("{}", away.error().message);
    parts.on_drain();
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  (*server)->Shutdown(std::max(left, kLastGrace));
  return config::kExitOk;
}

}  // namespace atelier::runtime
