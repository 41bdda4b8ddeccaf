// Callers: whose call it is, for services that must know.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <functional>

#include "base/result.h"
#include "server/access/access.h"

namespace atelier::server {

/// Thread-safe.
class Callers {
 public:
  /// Null `access`: everybody is trusted, as on an open server. It must outlive the Callers.
  explicit Callers(const Access* access = nullptr) : access_(access) {}

  /// What every call of the public API begins with, its request read: OK, or the answer to a call
  /// whose tenant makes too many (with RetryInfo), to one that Of() has an error for, or to a
  /// `request` with a field that this server does not know. A stream has no request yet.
  grpc::Status Begin(const grpc::ServerContextBase& context,
                     const google::protobuf::Message& request) const;
  grpc::Status Begin(const grpc::ServerContextBase& context) const;

  /// What a call that waits must ask a few times a second: Access::CheckStill() of `caller`. Null
  /// when that cannot change. The Callers must outlive it.
  std::function<Status()> WhetherStill(const Caller& caller) const;

  /// Errors: Access::Identify()'s, INVALID_ARGUMENT when metadata `atelier-tenant` is no tenant's
  /// name.
  Result<Caller> Of(const grpc::ServerContextBase& context) const;

 private:
  const Access* const access_;
};

}  // namespace atelier::server
