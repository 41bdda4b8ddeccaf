// A token that goes with every call of a channel. gRPC's own call credentials refuse channels
// without TLS, which Unix sockets and the loopback have none of.
#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <string>

#include "rpc/secret.h"

namespace atelier::rpc {

/// Adds `authorization: Bearer TOKEN` to each call that has no `authorization` yet, while there is
/// a token. REQUIRES: it is printable ASCII; `token` is not null.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> SendBearer(
    SecretSource token);

}  // namespace atelier::rpc
