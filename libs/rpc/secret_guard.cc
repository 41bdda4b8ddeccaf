#include "rpc/secret_guard.h"

#include <utility>

namespace atelier::rpc {

SecretGuard::SecretGuard(SecretSource secret, Refusals::Options refusals)
    : secret_(std::move(secret)), refusals_(std::move(refusals)) {}

Status SecretGuard::Admit(const CallCredentials& credentials, const CallRule&) const {
  if (!secret_) return {};
  const std::string_view token = BearerToken(credentials.authorization);
  const std::string secret = secret_();
  if (!secret.empty() && SameSecret(token, secret)) return {};
  if (token.empty()) {
    return refusals_.Refuse(MakeError(Code::kUnauthenticated, kNoCredentials,
                                      "the worker secret must be sent as a bearer token"));
  }
  return refusals_.Refuse(
      MakeError(Code::kUnauthenticated, kBadToken, "the token is not the worker secret"));
}

}  // namespace atelier::rpc
