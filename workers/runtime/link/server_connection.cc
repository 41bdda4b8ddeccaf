#include "runtime/link/server_connection.h"

#include <future>
#include <utility>

namespace atelier::runtime {
namespace {

/// Whether a call's peer is a server: before the call has one, gRPC gives the channel's target,
/// which is a name or several addresses.
bool IsServer(const std::string& peer) {
  const bool is_address =
      peer.starts_with("ipv4:") || peer.starts_with("ipv6:") || peer.starts_with("unix:");
  return is_address && peer.find(',') == std::string::npos;
}

}  // namespace

ServerConnection::ServerConnection(const std::shared_ptr<grpc::ChannelInterface>& channel)
    : dispatch_(v1::DispatchService::NewStub(channel)),
      assets_(v1::WorkerAssetService::NewStub(channel)) {}

ServerConnection::OpenCall::OpenCall(ServerConnection& connection, grpc::ClientContext& context)
    : connection_(connection), context_(context) {
  const MutexLock lock(connection_.mutex_);
  // Who took the connection just before it was left may get to the silent server by it.
  connection_.open_.emplace(&context_, connection_.left_);
  if (connection_.left_) context_.TryCancel();
}

ServerConnection::OpenCall::~OpenCall() {
  const MutexLock lock(connection_.mutex_);
  connection_.open_.erase(&context_);
}

grpc::Status ServerConnection::OpenCall::Outcome(grpc::Status status) const {
  const MutexLock lock(connection_.mutex_);
  const bool ended_here = connection_.open_.at(&context_);
  if (!ended_here || status.error_code() != grpc::StatusCode::CANCELLED) return status;
  return {grpc::StatusCode::UNAVAILABLE, "it fell silent"};
}

grpc::Status ServerConnection::Call(grpc::ClientContext& context, const Begin& begin) {
  // Shared: the one who sets it is not done with it when the waiting thread goes on.
  const auto ended = std::make_shared<std::promise<grpc::Status>>();
  begin([ended](grpc::Status status) { ended->set_value(std::move(status)); });
  const OpenCall open(*this, context);
  return open.Outcome(ended->get_future().get());
}

void ServerConnection::CancelAt(const std::string& peer) {
  const MutexLock lock(mutex_);
  left_ = true;
  for (auto& [context, ended_here] : open_) {
    const std::string at = context->peer();
    if (at != peer && IsServer(at)) continue;
    ended_here = true;
    context->TryCancel();
  }
}

}  // namespace atelier::runtime
