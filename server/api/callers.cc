#include "server/api/callers.h"

#include <grpc/grpc_security_constants.h>

#include <string>
#include <string_view>

#include "rpc/known_fields.h"
#include "rpc/status.h"
#include "server/api/reply.h"

namespace atelier::server {
namespace {

constexpr char kTenantKey[] = "atelier-tenant";

std::string_view Find(const grpc::ServerContextBase& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

Status CheckTenant(const grpc::ServerContextBase& context) {
  if (!context.client_metadata().contains(kTenantKey)) return {};
  const std::string_view tenant = Find(context, kTenantKey);
  if (IsTenantName(tenant)) return {};
  return InvalidField(kTenantKey, "1 to 64 characters of [A-Za-z0-9._-]", tenant.substr(0, 64));
}

}  // namespace

grpc::Status Callers::Begin(const grpc::ServerContextBase& context,
                            const google::protobuf::Message& request) const {
  if (grpc::Status turn = Begin(context); !turn.ok()) return turn;
  return Reply(rpc::CheckKnownFields(request));
}

grpc::Status Callers::Begin(const grpc::ServerContextBase& context) const {
  if (access_ == nullptr) return grpc::Status::OK;
  const Result<Caller> caller = Of(context);
  if (!caller) return Reply(caller.error());
  const std::chrono::milliseconds wait = access_->TakeTurn(*caller);
  if (wait.count() == 0) return grpc::Status::OK;
  return rpc::ToGrpc(TooManyCalls(caller->tenant, wait), wait);
}

std::function<Status()> Callers::WhetherStill(const Caller& caller) const {
  if (access_ == nullptr || caller.token_id.empty()) return nullptr;
  return [access = access_, caller] { return access->CheckStill(caller); };
}

Result<Caller> Callers::Of(const grpc::ServerContextBase& context) const {
  ATELIER_RETURN_IF_ERROR(CheckTenant(context));
  const std::string_view tenant = Find(context, kTenantKey);
  if (access_ == nullptr) return OpenCaller(tenant);
  rpc::CallCredentials credentials;
  credentials.authorization = Find(context, "authorization");
  credentials.tenant = tenant;
  if (const auto peer = context.auth_context()) {
    for (const auto& uri : peer->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
      credentials.certificate_uris.emplace_back(uri.data(), uri.size());
    }
  }
  return access_->Identify(credentials);
}

}  // namespace atelier::server
