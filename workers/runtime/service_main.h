// What main() of every worker shares: signals, the gRPC and metrics servers, the ready line, drain.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "telemetry/metrics.h"

namespace atelier::runtime {

/// Holds SIGTERM and SIGINT back from every thread of the process until somebody waits for them.
/// Make it first in main(): threads that start before it would still die of the signal.
class StopSignals {
 public:
  StopSignals();
  /// Returns when the process was asked to stop.
  void Wait();
};

struct ServiceOptions {
  /// host:port; port 0 takes any free one.
  std::string listen;
  std::string metrics_listen;
  /// A second port for health alone; empty: none.
  std::string health_listen;
  /// How long running calls may still end after the stop signal.
  std::chrono::milliseconds call_grace{5000};
};

/// The settings that every worker's config message has.
template <typename Config>
ServiceOptions ServiceOptionsOf(const Config& config) {
  const std::chrono::duration<double> grace(config.drain_seconds());
  return {config.listen(), config.metrics_listen(), config.health_listen(),
          std::chrono::duration_cast<std::chrono::milliseconds>(grace)};
}

struct ServiceParts {
  /// Not owned.
  std::vector<grpc::Service*> services;
  /// Called once the servers listen.
  std::function<void()> on_ready;
  /// Called when the process was asked to stop, before running calls are waited for.
  std::function<void()> on_drain;
};

/// Serves until a stop signal, then drains. Announces its ports when ready (rpc::AnnouncePorts).
/// Returns main()'s exit code.
int RunService(const ServiceOptions& service, StopSignals& signals, telemetry::Metrics& metrics,
               const ServiceParts& parts);

}  // namespace atelier::runtime
