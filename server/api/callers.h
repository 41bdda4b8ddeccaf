// Callers: whose call it is, for services that must know.
#pragma once

#include <grpcpp/grpcpp.h>

#include "base/result.h"
#include "server/access/access.h"

namespace atelier::server {

/// Thread-safe.
class Callers {
 public:
  /// Null `access`: everybody is trusted, as on an open server. It must outlive the Callers.
  explicit Callers(const Access* access = nullptr) : access_(access) {}

  /// Errors: Access::Identify()'s, INVALID_ARGUMENT when metadata `atelier-tenant` is no tenant's
  /// name.
  Result<Caller> Of(const grpc::ServerContextBase& context) const;

 private:
  const Access* const access_;
};

}  // namespace atelier::server
