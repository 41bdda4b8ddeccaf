// Listeners: the two doors of the server, the public API for clients and dispatch for workers, each
// with its own guard.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "atelier/config/v1/server.pb.h"
#include "rpc/server.h"
#include "server/access/access.h"
#include "server/access/secrets.h"
#include "server/store/tenant_limits.h"
#include "telemetry/metrics.h"

namespace atelier::server {

/// Who is let in: over one table of tokens, apart for each door.
struct Guards {
  std::shared_ptr<const Access> clients;
  std::shared_ptr<const Access> workers;
};

/// What they know callers by.
struct GuardParts {
  const Secrets& secrets;
  const TokenTable& tokens;
  const TenantLimitTable& tenants;
  telemetry::Metrics& metrics;
};

/// Tokens and metrics must outlive them.
Guards MakeGuards(const config::v1::ServerConfig& config, const GuardParts& parts);

/// Whether callers of the public API who bring nothing are trusted.
bool IsOpen(const config::v1::ServerConfig& config);

/// Where workers fetch their jobs: dispatch_listen, or the socket in the data folder.
/// INVALID_ARGUMENT when the path of a Unix socket is longer than the kernel takes.
Result<std::string> DispatchAddress(const config::v1::ServerConfig& config);

class Listeners {
 public:
  struct Services {
    std::vector<grpc::Service*> clients;
    std::vector<grpc::Service*> workers;
  };

  /// Starts both. `metrics` and the services must outlive them. Errors: rpc::Server::Start()'s.
  static Result<std::unique_ptr<Listeners>> Start(const config::v1::ServerConfig& config,
                                                  const Services& services, const Guards& guards,
                                                  telemetry::Metrics& metrics);

  /// The line that tells where they listen: rpc::AnnouncePorts() and ` dispatch=ADDRESS`.
  void Announce(int metrics_port) const;
  void StopAdvertising();
  /// Sends clients away from their connections with grace; rpc::Server::SendAway(). Workers stay:
  /// they still tell how running jobs end.
  void SendClientsAway();
  /// Waits for running calls of both doors up to `grace`, then cancels them.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  Listeners() = default;

  std::unique_ptr<rpc::Server> clients_;
  std::unique_ptr<rpc::Server> workers_;
};

}  // namespace atelier::server
