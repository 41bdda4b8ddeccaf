// The gRPC server every Atelier process runs: its services, grpc.health.v1, reflection.
//
// Health knows two names. "" is readiness: SERVING from Start(), or Advertise(), until
// StopAdvertising(), NOT_SERVING while calls in flight still end. "liveness" is SERVING as long as
// the process answers at all: a probe that kills on failure must ask this one, or it would kill a
// process that drains.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "rpc/credentials.h"
#include "rpc/transport.h"

namespace atelier::rpc {

/// The service name under which health tells that the process lives.
inline constexpr char kLiveness[] = "liveness";

struct ServerOptions {
  /// host:port; port 0 takes any free one. Or unix:PATH.
  std::string address = "127.0.0.1:0";
  /// host:port of a second port that serves health alone and is never encrypted, for probes. Empty:
  /// none.
  std::string health_address;
  /// Of `address`.
  ListenerSecurity security;
  ServerBounds bounds;
  Keepalive keepalive;
  /// Whether readiness says SERVING from the start; else from Advertise() on.
  bool advertise = true;
  /// Called at the end of every call with its method ("/atelier.v1.JobService/GetJob", or "other"
  /// for one that no service has), status and time, from the thread that served it. Empty: nobody
  /// counts.
  std::function<void(const std::string& method, Code code, double seconds)> on_call_end;
};

class Server {
 public:
  /// Starts serving `services` (not owned; must outlive the Server).
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                               const std::vector<grpc::Service*>& services);
  ~Server();

  /// Where it listens, with the port that it got.
  const std::string& address() const { return options_.address; }
  /// The port it really listens on; no port of a Unix socket.
  int port() const { return port_; }
  /// That of health_address; 0 when there is none.
  int health_port() const { return health_port_; }
  /// Readiness says SERVING from now on, on both ports. Thread-safe.
  void Advertise();
  /// Readiness says NOT_SERVING from now on, on both ports; calls go on. Thread-safe.
  void StopAdvertising();
  /// Sends every client away from its connection (GOAWAY) and gives it grace: calls in flight go on
  /// over it, whatever they take, and the next ones come over new connections to the same address.
  /// Readiness says NOT_SERVING there. Call at most once, while no other method is called. Errors:
  /// Start()'s, when the address could not be opened a second time; then everything stays.
  /// REQUIRES: no Unix socket.
  Status SendAway();
  /// Waits for running calls up to `grace`, then cancels them. The health port answers until the
  /// Server is destroyed.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  Server(const ServerOptions& options, const std::vector<grpc::Service*>& services)
      : options_(options), services_(services) {}
  // Opens the address of the options; what had it open before is left_ then.
  Status Open(bool advertise);
  void SetReady(bool ready);

  ServerOptions options_;
  const std::vector<grpc::Service*> services_;
  std::unique_ptr<grpc::Server> server_;
  std::set<int> listening_;  // Its sockets.
  // The one whose clients were sent away, and who waits for their last calls.
  std::unique_ptr<grpc::Server> left_;
  std::thread leaving_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool has_left_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Server> health_server_;
  int port_ = 0;
  int health_port_ = 0;
};

/// The line on stdout that tells whoever started the process that it is ready, and where:
/// `listening grpc=PORT metrics=PORT`, then ` health=PORT` when there is such a port, then `more`.
void AnnouncePorts(const Server& server, int metrics_port, const std::string& more = {});

/// A channel with ChannelTransport(): a gRPC target, host:port, dns:///NAME:PORT (calls take turns
/// over all addresses of the name) or unix:PATH. REQUIRES: CheckFiles(security).
std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                       const ChannelSecurity& security = {},
                                       const Keepalive& keepalive = {});

}  // namespace atelier::rpc
