// GuardedBackend: a Backend behind its two doors, each with its guard, as atelier-server has them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rpc/server.h"
#include "server/access/access.h"
#include "server/administration/administration.h"
#include "server/api/api.h"
#include "server/scaling/external_scaler.h"
#include "unit/server/backend.h"

namespace atelier::server {

inline constexpr char kAdministratorSecret[] = "administrator-0123456789abcdef0123456789";
inline constexpr char kWorkerSecret[] = "worker-0123456789abcdef0123456789abcdef";

struct GuardedBackend : Backend {
  explicit GuardedBackend(Access::Options options = {}, JobQueue::Options queue_options = {})
      : Backend(queue_options),
        tokens(store, clock),
        clients(MakeGuard(options)),
        guard_of_workers(MakeGuard({.refusals = options.refusals})),
        api({queue, admission, dispatcher, workers, *blobs, lifecycle, rpc::Connect("127.0.0.1:1"),
             rpc::Connect("127.0.0.1:1"), nullptr, clients.get(), kMaxWaitingCalls, kCallMemory,
             guard_of_workers.get()}),
        administration(tokens, queue, dispatcher, *blobs, api.callers()),
        scaler(queue, lifecycle, api.callers()) {
    std::vector<grpc::Service*> services = api.public_services();
    for (grpc::Service* service : administration.services()) services.push_back(service);
    services.push_back(&scaler);
    client_door = Open(services, clients);
    worker_door = Open(api.worker_services(), guard_of_workers);
  }

  /// A new token.
  std::string Token(const std::string& tenant, const Rights& rights,
                    std::chrono::seconds ttl = std::chrono::seconds(0)) {
    return tokens.Create(tenant, rights, ttl, "").value().secret;
  }
  /// Of one who may use the API.
  std::string ClientToken(const std::string& tenant) {
    return Token(tenant, {v1::RIGHT_READ, v1::RIGHT_SUBMIT});
  }
  std::string client_address() const { return "127.0.0.1:" + std::to_string(client_door->port()); }
  std::string worker_address() const { return "127.0.0.1:" + std::to_string(worker_door->port()); }
  /// A channel to the public door on which every call brings `token`; empty: none does.
  std::shared_ptr<grpc::Channel> As(const std::string& token) const {
    return rpc::Connect(client_address(), {.token = rpc::FixedSecret(token)});
  }

  static constexpr int kMaxWaitingCalls = 1000;
  static constexpr int64_t kCallMemory = int64_t{256} << 20;
  Lifecycle lifecycle;
  TokenTable tokens;
  std::shared_ptr<const Access> clients;
  std::shared_ptr<const Access> guard_of_workers;
  Api api;
  Administration administration;
  ExternalScaler scaler;
  std::unique_ptr<rpc::Server> client_door;
  std::unique_ptr<rpc::Server> worker_door;

 private:
  std::shared_ptr<const Access> MakeGuard(Access::Options options) {
    options.administrator_secret = kAdministratorSecret;
    options.worker_secret = kWorkerSecret;
    return std::make_shared<const Access>(tokens, options);
  }
  static std::unique_ptr<rpc::Server> Open(const std::vector<grpc::Service*>& services,
                                           std::shared_ptr<const Access> guard) {
    rpc::ServerOptions options;
    options.security.guard = std::move(guard);
    return std::move(rpc::Server::Start(options, services).value());
  }
};

}  // namespace atelier::server
