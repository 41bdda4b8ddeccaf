// TokenService and TenantService: what operators do over the API.
#pragma once

#include <vector>

#include "atelier/v1/administration.grpc.pb.h"
#include "server/access/token_table.h"
#include "server/administration/tenant_purge.h"
#include "server/api/callers.h"

namespace atelier::server {

class TokenServiceImpl final : public v1::TokenService::Service {
 public:
  /// Both must outlive it.
  TokenServiceImpl(TokenTable& tokens, const Callers& callers)
      : tokens_(tokens), callers_(callers) {}

  grpc::Status CreateToken(grpc::ServerContext* context, const v1::CreateTokenRequest* request,
                           v1::CreateTokenResponse* response) override;
  grpc::Status ListTokens(grpc::ServerContext* context, const v1::ListTokensRequest* request,
                          v1::ListTokensResponse* response) override;
  grpc::Status RevokeToken(grpc::ServerContext* context, const v1::RevokeTokenRequest* request,
                           v1::Token* response) override;

 private:
  TokenTable& tokens_;
  const Callers& callers_;
};

class TenantServiceImpl final : public v1::TenantService::Service {
 public:
  /// Both must outlive it.
  TenantServiceImpl(TenantPurge& purge, const Callers& callers)
      : purge_(purge), callers_(callers) {}

  grpc::Status PurgeTenant(grpc::ServerContext* context, const v1::PurgeTenantRequest* request,
                           v1::PurgeTenantResponse* response) override;

 private:
  TenantPurge& purge_;
  const Callers& callers_;
};

/// Both, over their parts.
class Administration {
 public:
  /// References must outlive it.
  Administration(TokenTable& tokens, JobQueue& queue, Dispatcher& dispatcher, BlobStore& blobs,
                 const Callers& callers)
      : purge_(tokens, queue, dispatcher, blobs),
        tokens_(tokens, callers),
        tenants_(purge_, callers) {}

  std::vector<grpc::Service*> services() { return {&tokens_, &tenants_}; }

 private:
  TenantPurge purge_;
  TokenServiceImpl tokens_;
  TenantServiceImpl tenants_;
};

}  // namespace atelier::server
