// The gRPC server every Atelier process runs: its services, grpc.health.v1, reflection.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::rpc {

struct ServerOptions {
  /// host:port; port 0 takes any free one.
  std::string address = "127.0.0.1:0";
  /// Largest message in or out. A picture of 8 MiB and some room.
  int max_message_bytes = 80 << 20;
  /// Called at the end of every call with its method ("/atelier.v1.JobService/GetJob") and status,
  /// from the thread that served it. Empty: nobody counts.
  std::function<void(const std::string& method, Code code)> on_call_end;
};

class Server {
 public:
  /// Starts serving `services` (not owned; must outlive the Server). Health says SERVING.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                               const std::vector<grpc::Service*>& services);
  ~Server();

  /// The port it really listens on.
  int port() const { return port_; }
  /// Health says NOT_SERVING from now on; calls go on.
  void StopAdvertising();
  /// Waits for running calls up to `grace`, then cancels them.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  Server() = default;

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

/// A channel with Atelier's message limits.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);

}  // namespace atelier::rpc
