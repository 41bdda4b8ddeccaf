// What main() of every worker shares: the gRPC and metrics servers, loading, the ready line, drain.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rpc/credentials.h"
#include "runtime/service/stop_signals.h"
#include "telemetry/metrics.h"

namespace atelier::runtime {

struct ServiceOptions {
  /// host:port; port 0 takes any free one.
  std::string listen;
  std::string metrics_listen;
  /// A second port for health alone; empty: none.
  std::string health_listen;
  rpc::ListenerSecurity security;
  /// Who may call: whoever sends the secret in this file; empty: everybody.
  std::string secret_file;
  /// How long running calls may still end after the stop signal.
  std::chrono::milliseconds call_grace{5000};
};

/// The settings that every worker's config message has.
template <typename Config>
ServiceOptions ServiceOptionsOf(const Config& config) {
  const std::chrono::duration<double> grace(config.drain_seconds());
  return {config.listen(),
          config.metrics_listen(),
          config.health_listen(),
          rpc::ListenerSecurityOf(config),
          config.worker_secret_file(),
          std::chrono::duration_cast<std::chrono::milliseconds>(grace)};
}

/// What readiness says after on_ready. Thread-safe.
using SetReady = std::function<void(bool ready)>;

struct ServiceParts {
  /// Not owned.
  std::vector<grpc::Service*> services;
  /// Loads what the services answer with, while the servers listen already: `services` must answer
  /// UNAVAILABLE meanwhile (service/loaded.h). Runs on a thread of its own, whose process may end
  /// at any moment. An error ends the process as config::CannotStart() says. Empty: nothing to
  /// load.
  std::function<Status()> load;
  /// Called once everything is loaded.
  std::function<void(const SetReady& set_ready)> on_ready;
  /// Called when the process was asked to stop, before running calls are waited for.
  std::function<void()> on_drain;
};

/// Serves until a stop signal, then drains. Health says from the start that the process lives, and
/// that it is ready once it has loaded; then its ports are announced (rpc::AnnouncePorts). A stop
/// signal before ends the process at once. Returns main()'s exit code.
int RunService(const ServiceOptions& service, StopSignals& signals, telemetry::Metrics& metrics,
               const ServiceParts& parts);

}  // namespace atelier::runtime
