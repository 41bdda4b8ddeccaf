// Listener credentials that ask a CallGuard about every call.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "rpc/call_guard.h"
#include "rpc/method_names.h"

namespace atelier::rpc {

/// Plaintext. Either may be null: then nobody is asked.
std::shared_ptr<grpc::ServerCredentials> PlainCredentials(std::shared_ptr<const CallGuard> guard,
                                                          std::shared_ptr<const MethodNames> names);

/// Makes `credentials`, those of TLS, ask. REQUIRES: no null.
void Guard(grpc::ServerCredentials& credentials, std::shared_ptr<const CallGuard> guard,
           std::shared_ptr<const MethodNames> names);

}  // namespace atelier::rpc
