#include "rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/support/server_interceptor.h>

#include <mutex>
#include <utility>

namespace atelier::rpc {
namespace {

using OnCallEnd = std::function<void(const std::string& method, Code code)>;

// Sees the status of each call as it is sent.
class CallEndInterceptor final : public grpc::experimental::Interceptor {
 public:
  CallEndInterceptor(std::string method, const OnCallEnd& on_call_end)
      : method_(std::move(method)), on_call_end_(on_call_end) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Hook = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Hook::PRE_SEND_STATUS)) {
      on_call_end_(method_, static_cast<Code>(methods->GetSendStatus().error_code()));
    }
    methods->Proceed();
  }

 private:
  const std::string method_;
  const OnCallEnd& on_call_end_;  // The factory's, which lives as long as the server.
};

class CallEndInterceptorFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallEndInterceptorFactory(OnCallEnd on_call_end)
      : on_call_end_(std::move(on_call_end)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new CallEndInterceptor(info->method(), on_call_end_);
  }

 private:
  const OnCallEnd on_call_end_;
};

// gRPC takes its plugins per process, before the first server is built.
void EnablePlugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                              const std::vector<grpc::Service*>& services) {
  EnablePlugins();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &port);
  // Two processes on one port would share its calls silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(options.max_message_bytes);
  for (grpc::Service* service : services) builder.RegisterService(service);
  if (options.on_call_end) {
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
    creators.push_back(std::make_unique<CallEndInterceptorFactory>(options.on_call_end));
    builder.experimental().SetInterceptorCreators(std::move(creators));
  }
  std::unique_ptr<Server> server(new Server());
  server->server_ = builder.BuildAndStart();
  if (!server->server_ || port == 0) {
    return MakeError(Code::kUnavailable, "CANNOT_LISTEN", "cannot listen on " + options.address);
  }
  server->port_ = port;
  server->server_->GetHealthCheckService()->SetServingStatus(true);
  return server;
}

Server::~Server() {
  if (server_) Shutdown(std::chrono::milliseconds(0));
}

void Server::StopAdvertising() { server_->GetHealthCheckService()->SetServingStatus(false); }

void Server::Shutdown(std::chrono::milliseconds grace) {
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_->Wait();
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  const int max_message_bytes = ServerOptions().max_message_bytes;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(max_message_bytes);
  arguments.SetMaxSendMessageSize(max_message_bytes);
  // A restarted peer is found again within seconds, not after gRPC's two minutes of back-off.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace atelier::rpc
