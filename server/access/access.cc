#include "server/access/access.h"

#include <utility>

#include "rpc/secret.h"
#include "server/access/certificate_caller.h"

namespace atelier::server {
namespace {

Caller Administrator() {
  return {kDefaultTenant, {v1::RIGHT_READ, v1::RIGHT_SUBMIT, v1::RIGHT_ADMINISTER}};
}

// `caller` as whom they say the call is.
Result<Caller> As(Caller caller, std::string_view tenant) {
  const bool administers = caller.rights.Has(v1::RIGHT_ADMINISTER);
  caller.every_tenant = administers && tenant.empty();
  if (tenant.empty() || tenant == caller.tenant) return caller;
  if (!administers) {
    return MakeError(Code::kPermissionDenied, rpc::kOtherTenant,
                     "`atelier-tenant` must be the caller's own tenant or absent");
  }
  caller.tenant = tenant;
  return caller;
}

std::string NameOf(v1::Right right) {
  // "RIGHT_READ" without its prefix.
  return v1::Right_Name(right).substr(sizeof("RIGHT_") - 1);
}

}  // namespace

Caller OpenCaller(std::string_view tenant) {
  Caller caller = Administrator();
  caller.every_tenant = tenant.empty();
  if (!tenant.empty()) caller.tenant = tenant;
  return caller;
}

Access::Access(const TokenTable& tokens, Options options)
    : tokens_(tokens),
      options_(std::move(options)),
      refusals_(options_.refusals),
      rates_(options_.tenants, *options_.refusals.clock) {}

Status Access::Admit(const rpc::CallCredentials& credentials, const rpc::CallRule& rule) const {
  const Result<Caller> caller = Identify(credentials);
  if (!caller) return refusals_.Refuse(Propagate(caller.error()));
  if (rule.audience == rpc::Audience::kKnown || caller->rights.Has(rule.right)) return {};
  return refusals_.Refuse(MakeError(Code::kPermissionDenied, rpc::kNoRight,
                                    "this call needs the right " + NameOf(rule.right)));
}

Status Access::CheckStill(const Caller& caller) const {
  return caller.token_id.empty() ? Status() : tokens_.Check(caller.token_id);
}

std::chrono::milliseconds Access::TakeTurn(const Caller& caller) const {
  if (caller.every_tenant) return std::chrono::milliseconds(0);
  const std::chrono::milliseconds wait = rates_.Take(caller.tenant);
  if (wait.count() > 0) refusals_.Refuse(Propagate(TooManyCalls(caller.tenant, wait)));
  return wait;
}

Result<Caller> Access::Identify(const rpc::CallCredentials& credentials) const {
  ATELIER_ASSIGN_OR_RETURN(Caller caller, Recognise(credentials));
  return As(std::move(caller), credentials.tenant);
}

Result<Caller> Access::Recognise(const rpc::CallCredentials& credentials) const {
  if (!credentials.authorization.empty()) {
    const std::string_view token = rpc::BearerToken(credentials.authorization);
    const auto is = [&](const std::string& secret) {
      return !secret.empty() && rpc::SameSecret(token, secret);
    };
    if (is(options_.administrator_secret)) return Administrator();
    if (is(options_.worker_secret)) return Caller{kDefaultTenant, {v1::RIGHT_WORK}};
    return tokens_.Find(token);
  }
  if (auto caller = CallerOfCertificate(credentials.certificate_uris)) return *std::move(caller);
  if (options_.open) return OpenCaller({});
  return MakeError(Code::kUnauthenticated, rpc::kNoCredentials,
                   "a token must be sent as `authorization: Bearer TOKEN`");
}

}  // namespace atelier::server
