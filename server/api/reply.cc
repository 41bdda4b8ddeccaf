#include "server/api/reply.h"

#include "rpc/known_fields.h"
#include "rpc/status.h"
#include "server/calls/call_slots.h"

namespace atelier::server {
namespace {

// Long enough for a worker to take a batch from a full queue; short against any client's patience.
constexpr std::chrono::milliseconds kQueueFullDelay(2000);
constexpr std::chrono::milliseconds kDrainingDelay(1000);

}  // namespace

grpc::Status Reply(const Error& error) {
  const bool full = error.reason == "QUEUE_FULL" || error.reason == "TENANT_QUEUE_FULL" ||
                    error.reason == "TENANT_COST_LIMIT" || error.reason == kTooManyWaitingReason ||
                    error.reason == kTooManyCallsReason;
  if (full) return rpc::ToGrpc(error, kQueueFullDelay);
  if (error.reason == "DRAINING") return rpc::ToGrpc(error, kDrainingDelay);
  return rpc::ToGrpc(error);
}

grpc::Status Reply(const Status& status) {
  return status ? grpc::Status::OK : Reply(status.error());
}

grpc::Status CheckRequest(const google::protobuf::Message& request) {
  return Reply(rpc::CheckKnownFields(request));
}

Status CallerIsThere(const grpc::ServerContextBase& context) {
  if (!context.IsCancelled()) return {};
  return MakeError(Code::kCancelled, "CALLER_GONE", "the caller is gone");
}

std::string TraceparentOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("traceparent");
  // 55 characters in version 00; whatever is longer is none of ours to carry.
  if (found == metadata.end() || found->second.size() > 128) return {};
  return std::string(found->second.data(), found->second.size());
}

std::string IdOf(const std::string& name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string();
}

}  // namespace atelier::server
