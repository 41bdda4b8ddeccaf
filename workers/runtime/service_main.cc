#include "runtime/service_main.h"

#include <algorithm>
#include <csignal>

#include "config/load.h"
#include "rpc/server.h"
#include "telemetry/log.h"

namespace atelier::runtime {
namespace {

/// What calls get to end in when draining has used up the grace.
constexpr std::chrono::milliseconds kLastGrace{1000};

sigset_t StopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = StopSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void StopSignals::Wait() {
  const sigset_t set = StopSet();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  spdlog::info("signal={} draining", signal);
}

int RunService(const ServiceOptions& service, StopSignals& signals, telemetry::Metrics& metrics,
               const ServiceParts& parts) {
  rpc::ServerOptions options;
  options.address = service.listen;
  options.health_address = service.health_listen;
  options.on_call_end = [&metrics](const std::string& method, Code code, double seconds) {
    metrics.CountRpc(method, code, seconds);
  };
  const std::string& process = spdlog::default_logger()->name();
  auto server = rpc::Server::Start(options, parts.services);
  if (!server) return config::CannotStart(process, server.error());
  auto metrics_server = telemetry::MetricsServer::Start(service.metrics_listen, metrics);
  if (!metrics_server) return config::CannotStart(process, metrics_server.error());
  rpc::AnnouncePorts(**server, (*metrics_server)->port());
  if (parts.on_ready) parts.on_ready();

  signals.Wait();
  const auto deadline = std::chrono::steady_clock::now() + service.call_grace;
  (*server)->StopAdvertising();
  if (parts.on_drain) parts.on_drain();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  (*server)->Shutdown(std::max(left, kLastGrace));
  return config::kExitOk;
}

}  // namespace atelier::runtime
