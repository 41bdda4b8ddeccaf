#include "server/listeners.h"

#include <spdlog/spdlog.h>
#include <sys/un.h>

#include <filesystem>
#include <thread>

namespace atelier::server {
namespace {

using Config = config::v1::ServerConfig;

constexpr size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

rpc::ServerOptions OptionsOf(const Config& config, telemetry::Metrics& metrics) {
  rpc::ServerOptions options;
  options.security = rpc::ListenerSecurityOf(config);
  options.on_call_end = [&metrics](const std::string& method, Code code, double seconds) {
    metrics.CountRpc(method, code, seconds);
  };
  return options;
}

}  // namespace

bool IsOpen(const Config& config) {
  return config.access() == "open" || (config.access() == "auto" && rpc::IsLocal(config.listen()));
}

Guards MakeGuards(const Config& config, const GuardParts& parts) {
  Access::Options options;
  options.refusals.count = [&metrics = parts.metrics](const std::string& reason) {
    metrics.RefusedCalls(reason).Increment();
  };
  options.administrator_secret = parts.secrets.administrator;
  options.worker_secret = parts.secrets.worker;
  Guards guards;
  guards.workers = std::make_shared<const Access>(parts.tokens, options);
  options.open = IsOpen(config);
  options.tenants = parts.tenants;
  guards.clients = std::make_shared<const Access>(parts.tokens, options);
  return guards;
}

Result<std::string> DispatchAddress(const Config& config) {
  std::string address = config.dispatch_listen();
  if (address.empty()) {
    const std::filesystem::path data = std::filesystem::absolute(config.data());
    address = "unix:" + (data.lexically_normal() / "dispatch.sock").string();
  }
  constexpr std::string_view kScheme = "unix:";
  const bool fits = address.size() - kScheme.size() <= kMaxSocketPath;
  if (!address.starts_with(kScheme) || fits) return address;
  return InvalidField(
      "dispatch_listen",
      "host:port, or unix:PATH with a PATH of at most " + std::to_string(kMaxSocketPath) + " bytes",
      address);
}

Result<std::unique_ptr<Listeners>> Listeners::Start(const Config& config, const Services& services,
                                                    const Guards& guards,
                                                    telemetry::Metrics& metrics) {
  std::unique_ptr<Listeners> listeners(new Listeners());
  rpc::ServerOptions options = OptionsOf(config, metrics);
  ATELIER_ASSIGN_OR_RETURN(options.address, DispatchAddress(config));
  options.security.guard = guards.workers;
  // Before the public door: a client's first call may be for what a worker will do.
  ATELIER_ASSIGN_OR_RETURN(listeners->workers_, rpc::Server::Start(options, services.workers));

  options = OptionsOf(config, metrics);
  options.address = config.listen();
  options.health_address = config.health_listen();
  options.security.guard = guards.clients;
  // Who has no certificate may have a token; where nobody is asked for one, the certificate
  // decides.
  options.security.require_certificate = IsOpen(config);
  options.bounds.call_memory_bytes = int64_t{config.call_memory_mib()} << 20;
  ATELIER_ASSIGN_OR_RETURN(listeners->clients_, rpc::Server::Start(options, services.clients));
  return listeners;
}

void Listeners::Announce(int metrics_port) const {
  rpc::AnnouncePorts(*clients_, metrics_port, " dispatch=" + workers_->address());
}

void Listeners::StopAdvertising() {
  clients_->StopAdvertising();
  workers_->StopAdvertising();
}

void Listeners::SendClientsAway() {
  if (const Status away = clients_->SendAway(); !away) {
    spdlog::warn("clients keep their connections: {}", away.error().message);
  }
}

void Listeners::Shutdown(std::chrono::milliseconds grace) {
  // Side by side: one after the other would wait for the calls of both.
  std::thread workers([&] { workers_->Shutdown(grace); });
  clients_->Shutdown(grace);
  workers.join();
}

}  // namespace atelier::server
