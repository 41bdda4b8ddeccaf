// Result <-> gRPC status, with google.rpc rich details: BadRequest (field path), ErrorInfo (reason,
// domain "atelier"), RetryInfo.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace atelier::rpc {

/// The gRPC status of `error`, details attached.
grpc::Status ToGrpc(const Error& error,
                    std::optional<std::chrono::milliseconds> retry_after = std::nullopt);

/// OK or ToGrpc(error).
grpc::Status ToGrpc(const Status& status);

/// The Error that a peer's status carries: reason and field from its details when it has them.
Error FromGrpc(const grpc::Status& status);

/// Whether a peer of ours said `status`. Otherwise gRPC made it up: the peer was not reached, broke
/// off or was too slow.
bool IsFromPeer(const grpc::Status& status);

/// FromGrpc() of a call to `service`, e.g. "the pose service". When the service was not reached or
/// did not answer in time and gRPC alone says so, the message names it and the reason is
/// SERVICE_AWAY.
Error FromGrpc(const grpc::Status& status, std::string_view service);

/// RetryInfo of a peer's status.
std::optional<std::chrono::milliseconds> RetryAfter(const grpc::Status& status);

}  // namespace atelier::rpc
