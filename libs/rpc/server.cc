#include "rpc/server.h"

#include <absl/synchronization/mutex.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "grpc/health/v1/health.pb.h"
#include "rpc/call_interceptor.h"
#include "rpc/guarded_credentials.h"
#include "system/listen_check.h"
#include "system/listening_sockets.h"

namespace atelier::rpc {
namespace {

// Above every severity there is.
constexpr auto kNoGrpcLog = static_cast<gpr_log_severity>(GPR_LOG_SEVERITY_ERROR + 1);

// Debian builds Abseil with its search for lock cycles: a lock of the whole process around every
// lock that gRPC takes.
void StopSearchingDeadlocks() {
  static std::once_flag once;
  std::call_once(once, [] { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); });
}

// gRPC takes its plugins per process, before the first server is built.
void EnablePlugins() {
  StopSearchingDeadlocks();
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    // Links the descriptors of health in, which reflection is asked for.
    grpc::health::v1::HealthCheckRequest::descriptor();
  });
}

/// Keeps gRPC's log quiet while it lives: a port that is taken is many lines there, beside the one
/// error that we make of it. Whoever looks for a fault in gRPC sets GRPC_VERBOSITY and keeps them.
class QuietGrpcLog {
 public:
  QuietGrpcLog() { SetVerbosity(kNoGrpcLog); }
  ~QuietGrpcLog() { SetVerbosity(GPR_LOG_SEVERITY_ERROR); }
  QuietGrpcLog(const QuietGrpcLog&) = delete;
  QuietGrpcLog& operator=(const QuietGrpcLog&) = delete;

 private:
  static void SetVerbosity(gpr_log_severity severity) {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_verbosity(severity);
  }
};

/// Builds and starts a server on `address`; `port` is the one it got. `advertise`: what readiness
/// says.
Result<std::unique_ptr<grpc::Server>> Listen(grpc::ServerBuilder& builder,
                                             const std::string& address,
                                             std::shared_ptr<grpc::ServerCredentials> credentials,
                                             bool advertise, int& port) {
  const QuietGrpcLog quiet;
  builder.AddListeningPort(address, std::move(credentials), &port);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || port == 0) {
    // gRPC does not say why.
    if (!IsUnixSocket(address)) ATELIER_RETURN_IF_ERROR(CheckCanListen(address));
    return MakeError(Code::kUnavailable, "CANNOT_LISTEN", "cannot listen on " + address);
  }
  server->GetHealthCheckService()->SetServingStatus("", advertise);
  server->GetHealthCheckService()->SetServingStatus(kLiveness, true);
  return server;
}

// "host:0" with the port that was taken.
std::string AddressWithPort(const std::string& address, int port) {
  if (IsUnixSocket(address)) return address;
  return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                              const std::vector<grpc::Service*>& services) {
  EnablePlugins();
  std::unique_ptr<Server> server(new Server(options, services));
  ATELIER_RETURN_IF_ERROR(server->Open(options.advertise));
  server->options_.address = AddressWithPort(options.address, server->port_);
  if (options.health_address.empty()) return server;

  grpc::ServerBuilder health_builder;
  health_builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  ATELIER_ASSIGN_OR_RETURN(server->health_server_,
                           Listen(health_builder, options.health_address, PlainCredentials({}),
                                  options.advertise, server->health_port_));
  return server;
}

Status Server::Open(bool advertise) {
  grpc::ServerBuilder builder;
  ApplyTransport(builder, options_.bounds, options_.keepalive);
  // For SendAway().
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 1);
  for (grpc::Service* service : services_) builder.RegisterService(service);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
  const auto names = std::make_shared<MethodNames>();
  builder.SetOption(CollectMethodNames(names));
  creators.push_back(MakeCallInterceptors(names, options_.on_call_end));
  builder.experimental().SetInterceptorCreators(std::move(creators));
  ATELIER_ASSIGN_OR_RETURN(
      auto credentials,
      MakeServerCredentials(options_.address, options_.security, names, options_.on_call_end));
  // Two processes on one port would share its calls silently.
  const bool alone = !server_ && !IsUnixSocket(options_.address);
  std::optional<ListenTurn> turn;
  if (alone) {
    turn.emplace();
    ATELIER_RETURN_IF_ERROR(CheckCanListen(options_.address));
  }
  const std::set<int> others = ListeningSockets(port_);
  int port = 0;
  ATELIER_ASSIGN_OR_RETURN(
      auto server, Listen(builder, options_.address, std::move(credentials), advertise, port));
  left_ = std::exchange(server_, std::move(server));
  port_ = port;
  listening_ = ListeningSockets(port_);
  for (const int other : others) listening_.erase(other);
  return {};
}

Server::~Server() {
  Shutdown(std::chrono::milliseconds(0));
  if (health_server_) health_server_->Shutdown(std::chrono::system_clock::now());
}

void Server::Advertise() { SetReady(true); }

void Server::StopAdvertising() { SetReady(false); }

void Server::SetReady(bool ready) {
  server_->GetHealthCheckService()->SetServingStatus("", ready);
  if (health_server_) health_server_->GetHealthCheckService()->SetServingStatus("", ready);
}

// gRPC sends GOAWAY when a server shuts down and at no other time, and takes no new calls then. So
// that another one opens the same port beside it, and it shuts down for as long as its calls take.
Status Server::SendAway() {
  const std::set<int> before = listening_;
  ATELIER_RETURN_IF_ERROR(Open(false));
  // By itself it would still accept, and drop, what comes back at once. gRPC's log would call it an
  // error a moment later.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_verbosity(kNoGrpcLog);
  for (const int descriptor : before) StopListening(descriptor);
  leaving_ = std::thread([this] {
    left_->Shutdown();
    const MutexLock lock(mutex_);
    has_left_ = true;
    changed_.NotifyAll();
  });
  return {};
}

void Server::Shutdown(std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::system_clock::now() + grace;
  if (server_) {
    server_->Shutdown(deadline);
    server_->Wait();
  }
  if (!leaving_.joinable()) return;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::system_clock::now());
  {
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, std::max(left, std::chrono::milliseconds(0)),
                     [this]() REQUIRES(mutex_) { return has_left_; });
  }
  // Without effect where all have ended.
  grpc_server_cancel_all_calls(left_->c_server());
  leaving_.join();
}

void AnnouncePorts(const Server& server, int metrics_port, const std::string& more) {
  std::printf("listening grpc=%d metrics=%d", server.port(), metrics_port);
  if (server.health_port() != 0) std::printf(" health=%d", server.health_port());
  std::printf("%s\n", more.c_str());
  std::fflush(stdout);
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address, const ChannelSecurity& security,
                                       const Keepalive& keepalive) {
  StopSearchingDeadlocks();
  return MakeChannel(address, ChannelTransport(keepalive), security);
}

}  // namespace atelier::rpc
