// What main() of every worker shares: signals, the gRPC and metrics servers, the ready line, drain.
#pragma once

#include <grpcpp/grpcpp.h>

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

struct ServiceAddresses {
  /// host:port; port 0 takes any free one.
  std::string listen;
  std::string metrics_listen;
};

struct ServiceParts {
  /// Not owned.
  std::vector<grpc::Service*> services;
  /// Called once the servers listen.
  std::function<void()> on_ready;
  /// Called when the process was asked to stop, before running calls are waited for.
  std::function<void()> on_drain;
};

/// Serves until a stop signal, then drains. Prints `listening grpc=PORT metrics=PORT` to stdout
/// when ready. Returns main()'s exit code.
int RunService(const ServiceAddresses& addresses, StopSignals& signals, telemetry::Metrics& metrics,
               const ServiceParts& parts);

}  // namespace atelier::runtime
