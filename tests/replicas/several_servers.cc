#include "replicas/several_servers.h"

#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "client/supervisor/studio_plan.h"
#include "conformance/postgres_server.h"

namespace atelier::testing {
namespace {

// gRPC takes the first address that answers.
std::shared_ptr<grpc::Channel> ConnectToAll(const std::vector<int>& ports, int first) {
  std::string addresses;
  for (size_t i = 0; i < ports.size(); ++i) {
    const int port = ports[(static_cast<size_t>(first) + i) % ports.size()];
    addresses += (i == 0 ? "ipv4:127.0.0.1:" : ",127.0.0.1:") + std::to_string(port);
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return grpc::CreateCustomChannel(addresses, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

SeveralServers::SeveralServers(int count, int lease_seconds)
    : lease_seconds_(lease_seconds), database_(FreshPostgresUrl()) {
  const auto ports = supervisor::FreePorts(2 * count);
  REQUIRE(ports.has_value());
  ports_.assign(ports->begin(), ports->begin() + count);
  dispatch_ports_.assign(ports->begin() + count, ports->end());
  std::ofstream(dir_.path() / "worker.secret") << std::string(64, 's');
  servers_.resize(static_cast<size_t>(count));
  for (int server = 0; server < count; ++server) Start(server);
}

void SeveralServers::Start(int server) {
  Process& process = Launch(server);
  const std::string line = process.WaitForLine("listening ");
  INFO(process.Stderr());
  REQUIRE_FALSE(line.empty());
}

Process& SeveralServers::Launch(int server) {
  const auto at = static_cast<size_t>(server);
  const auto name = "server" + std::to_string(server);
  const std::vector<std::string> command = {std::string(ATELIER_BINARY_DIR) + "/atelier-server",
                                            "--listen",
                                            "127.0.0.1:" + std::to_string(ports_[at]),
                                            "--dispatch-listen",
                                            "127.0.0.1:" + std::to_string(dispatch_ports_[at]),
                                            "--metrics-listen",
                                            "127.0.0.1:0",
                                            "--data",
                                            (dir_.path() / name).string(),
                                            "--worker-secret-file",
                                            (dir_.path() / "worker.secret").string(),
                                            "--database",
                                            database_,
                                            "--default-model",
                                            "chaos",
                                            "--lease-seconds",
                                            std::to_string(lease_seconds_)};
  servers_[at] =
      std::make_unique<Process>(command, dir_.path() / (name + "." + std::to_string(++starts_)));
  return *servers_[at];
}

std::unique_ptr<v1::JobService::Stub> SeveralServers::Jobs(int first) const {
  return v1::JobService::NewStub(ConnectToAll(ports_, first));
}

std::unique_ptr<v1::DispatchService::Stub> SeveralServers::Dispatch(int first) const {
  return v1::DispatchService::NewStub(ConnectToAll(dispatch_ports_, first));
}

}  // namespace atelier::testing
