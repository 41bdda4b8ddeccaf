// SecretGuard: lets in who knows one secret. The guard of the processes that only processes of ours
// call.
#pragma once

#include "rpc/call_guard.h"
#include "rpc/refusals.h"
#include "rpc/secret.h"

namespace atelier::rpc {

class SecretGuard final : public CallGuard {
 public:
  /// Null `secret`: everybody may call what has a rule. While it has none nobody may.
  explicit SecretGuard(SecretSource secret, Refusals::Options refusals = {});

  Status Admit(const CallCredentials& credentials, const CallRule& rule) const override;

 private:
  const SecretSource secret_;
  const Refusals refusals_;
};

}  // namespace atelier::rpc
