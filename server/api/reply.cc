#include "server/api/reply.h"

#include "rpc/status.h"

namespace atelier::server {

grpc::Status Reply(const Error& error) { return rpc::ToGrpc(error); }

grpc::Status Reply(const Status& status) {
  return status ? grpc::Status::OK : Reply(status.error());
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
