// ServerConnection: one channel to the servers, and the calls under way over it, so that those at a
// server that fell silent can be ended. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "atelier/v1/dispatch.grpc.pb.h"
#include "atelier/v1/worker_asset.grpc.pb.h"
#include "base/mutex.h"

namespace atelier::runtime {

class ServerConnection {
 public:
  explicit ServerConnection(const std::shared_ptr<grpc::ChannelInterface>& channel);

  v1::DispatchService::Stub& dispatch() { return *dispatch_; }
  v1::WorkerAssetService::Stub& assets() { return *assets_; }

  /// A call that has begun; CancelAt() finds it for as long as this lives. `context` must live as
  /// long.
  class OpenCall {
   public:
    OpenCall(ServerConnection& connection, grpc::ClientContext& context);
    ~OpenCall();
    OpenCall(const OpenCall&) = delete;
    OpenCall& operator=(const OpenCall&) = delete;

    /// `status`, with which the call ended; UNAVAILABLE where CancelAt() ended it.
    grpc::Status Outcome(grpc::Status status) const;

   private:
    ServerConnection& connection_;
    grpc::ClientContext& context_;
  };

  /// Begins a call, which says how it ended.
  using Begin = std::function<void(std::function<void(grpc::Status)> ended)>;
  /// Makes a unary call and waits for its end. `begin` begins it with `context`.
  grpc::Status Call(grpc::ClientContext& context, const Begin& begin);

  /// Ends the calls at the server `peer` (ClientContext::peer()) with UNAVAILABLE, those that are
  /// at no server yet, too, and those that begin from now on: another connection is made for them.
  void CancelAt(const std::string& peer);

 private:
  const std::unique_ptr<v1::DispatchService::Stub> dispatch_;
  const std::unique_ptr<v1::WorkerAssetService::Stub> assets_;
  Mutex mutex_;
  bool left_ GUARDED_BY(mutex_) = false;
  // Whether CancelAt() ended it.
  std::map<grpc::ClientContext*, bool> open_ GUARDED_BY(mutex_);
};

}  // namespace atelier::runtime
