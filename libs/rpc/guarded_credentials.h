// Listener credentials that ask a CallGuard about every call.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "rpc/call_guard.h"
#include "rpc/call_interceptor.h"
#include "rpc/method_names.h"

namespace atelier::rpc {

/// Who is asked, and who is told of refused calls.
struct Gatekeeper {
  /// Null: nobody is asked.
  std::shared_ptr<const CallGuard> guard = nullptr;
  /// The methods of the server. REQUIRES: not null where there is a guard.
  std::shared_ptr<const MethodNames> names = nullptr;
  /// As ServerOptions::on_call_end: a refused call never gets to the server. May be empty.
  OnCallEnd on_refused = {};
};

/// Plaintext.
std::shared_ptr<grpc::ServerCredentials> PlainCredentials(Gatekeeper gatekeeper);

/// Makes `credentials`, those of TLS, ask. REQUIRES: there is a guard.
void Guard(grpc::ServerCredentials& credentials, Gatekeeper gatekeeper);

}  // namespace atelier::rpc
