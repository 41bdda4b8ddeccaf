#include "runtime/service_main.h"

#include <csignal>
#include <cstdio>

#include "rpc/server.h"
#include "telemetry/log.h"

namespace atelier::runtime {
namespace {

/// Running calls of a worker last seconds; a supervisor's patience is about half a minute.
constexpr std::chrono::seconds kCallGrace{5};

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

int RunService(const ServiceAddresses& addresses, StopSignals& signals, telemetry::Metrics& metrics,
               const ServiceParts& parts) {
  rpc::ServerOptions options;
  options.address = addresses.listen;
  options.on_call_end = [&metrics](const std::string& method, Code code) {
    metrics.Rpcs(method, std::string(CodeName(code))).Increment();
  };
  auto server = rpc::Server::Start(options, parts.services);
  if (!server) {
    spdlog::error("{}", server.error().message);
    return 1;
  }
  auto metrics_server = telemetry::MetricsServer::Start(addresses.metrics_listen, metrics);
  if (!metrics_server) {
    spdlog::error("{}", metrics_server.error().message);
    return 1;
  }
  std::printf("listening grpc=%d metrics=%d\n", (*server)->port(), (*metrics_server)->port());
  std::fflush(stdout);
  if (parts.on_ready) parts.on_ready();

  signals.Wait();
  (*server)->StopAdvertising();
  if (parts.on_drain) parts.on_drain();
  (*server)->Shutdown(kCallGrace);
  return 0;
}

}  // namespace atelier::runtime
