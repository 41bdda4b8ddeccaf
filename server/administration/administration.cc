#include "server/administration/administration.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "limits/limits.h"
#include "server/api/page.h"
#include "server/api/reply.h"

namespace atelier::server {
namespace {

constexpr std::string_view kTokenPrefix = "tokens/";
// A page token is "after-" and the {token} that ended the page before.
constexpr std::string_view kPagePrefix = "after-";

v1::Token ToMessage(const TokenRecord& record) {
  const auto set = [](google::protobuf::Timestamp* time, int64_t milliseconds) {
    time->set_seconds(milliseconds / 1000);
    time->set_nanos(static_cast<int32_t>(milliseconds % 1000 * 1'000'000));
  };
  v1::Token token;
  token.set_name(std::string(kTokenPrefix) + record.id);
  token.set_tenant(record.tenant);
  for (const v1::Right right : Rights::OfBits(record.rights).List()) token.add_rights(right);
  token.set_note(record.note);
  set(token.mutable_create_time(), record.create_time_ms);
  if (record.expire_time_ms != 0) set(token.mutable_expire_time(), record.expire_time_ms);
  if (record.revoke_time_ms != 0) set(token.mutable_revoke_time(), record.revoke_time_ms);
  return token;
}

Status CheckTenant(const std::string& tenant) {
  if (IsTenantName(tenant)) return {};
  return InvalidField("tenant", "1 to 64 characters of [A-Za-z0-9._-]", tenant.substr(0, 64));
}

Result<Rights> RightsOf(const v1::CreateTokenRequest& request) {
  Rights rights;
  for (const int right : request.rights()) {
    if (right < v1::RIGHT_READ || right > v1::RIGHT_WORK) {
      return InvalidField("rights", "rights of a caller", std::to_string(right));
    }
    rights.Add(static_cast<v1::Right>(right));
  }
  if (rights.empty()) return InvalidField("rights", "one right or more", "none");
  return rights;
}

Result<v1::CreateTokenResponse> Create(const v1::CreateTokenRequest& request, TokenTable& tokens) {
  ATELIER_RETURN_IF_ERROR(CheckTenant(request.tenant()));
  ATELIER_RETURN_IF_ERROR(CheckLimits(request));
  ATELIER_ASSIGN_OR_RETURN(const Rights rights, RightsOf(request));
  // A life of less than a second is none.
  const std::chrono::seconds ttl(request.ttl().seconds());
  ATELIER_ASSIGN_OR_RETURN(NewToken made,
                           tokens.Create(request.tenant(), rights, ttl, request.note()));
  spdlog::info("tokens/{} made for tenant={}", made.token.id, made.token.tenant);
  v1::CreateTokenResponse response;
  *response.mutable_token() = ToMessage(made.token);
  response.set_secret(std::move(made.secret));
  return response;
}

Result<v1::ListTokensResponse> List(const v1::ListTokensRequest& request,
                                    const TokenTable& tokens) {
  ATELIER_ASSIGN_OR_RETURN(const int size, PageSize(request));
  std::vector<TokenRecord> all = tokens.List();
  auto from = all.begin();
  if (!request.page_token().empty()) {
    const std::string after = IdOf(request.page_token(), kPagePrefix);
    from = std::find_if(all.begin(), all.end(),
                        [&](const TokenRecord& token) { return token.id == after; });
    if (from == all.end()) return BadPageToken(request.page_token());
    ++from;
  }
  v1::ListTokensResponse response;
  std::string last;
  for (; from != all.end(); ++from) {
    if (!request.tenant().empty() && from->tenant != request.tenant()) continue;
    if (response.tokens_size() == size) {
      response.set_next_page_token(std::string(kPagePrefix) + last);
      break;
    }
    last = from->id;
    *response.add_tokens() = ToMessage(*from);
  }
  return response;
}

template <typename Message>
grpc::Status Answer(Result<Message> result, Message* response) {
  if (!result) return Reply(result.error());
  *response = *std::move(result);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status TokenServiceImpl::CreateToken(grpc::ServerContext* context,
                                           const v1::CreateTokenRequest* request,
                                           v1::CreateTokenResponse* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  return Answer(Create(*request, tokens_), response);
}

grpc::Status TokenServiceImpl::ListTokens(grpc::ServerContext* context,
                                          const v1::ListTokensRequest* request,
                                          v1::ListTokensResponse* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  return Answer(List(*request, tokens_), response);
}

grpc::Status TokenServiceImpl::RevokeToken(grpc::ServerContext* context,
                                           const v1::RevokeTokenRequest* request,
                                           v1::Token* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<TokenRecord> revoked = tokens_.Revoke(IdOf(request->name(), kTokenPrefix));
  if (!revoked) return Reply(revoked.error());
  spdlog::info("tokens/{} of tenant={} revoked", revoked->id, revoked->tenant);
  *response = ToMessage(*revoked);
  return grpc::Status::OK;
}

grpc::Status TenantServiceImpl::PurgeTenant(grpc::ServerContext* context,
                                            const v1::PurgeTenantRequest* request,
                                            v1::PurgeTenantResponse* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  if (const Status tenant = CheckTenant(request->tenant()); !tenant) return Reply(tenant);
  const Result<Purged> purged = purge_.Run(request->tenant());
  if (!purged) return Reply(purged.error());
  response->set_jobs(purged->jobs);
  response->set_ended_jobs(purged->ended_jobs);
  response->set_assets(purged->assets);
  response->set_deleted_files(purged->deleted_files);
  response->set_deleted_bytes(purged->deleted_bytes);
  response->set_tokens(purged->tokens);
  return grpc::Status::OK;
}

}  // namespace atelier::server
