// Result <-> gRPC status, with google.rpc rich details: BadRequest (field path), ErrorInfo (reason,
// domain "atelier"), RetryInfo.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace atelier::rpc {

/// What becomes of a reason of RESOURCE_EXHAUSTED.
struct ExhaustedReason {
  std::string_view reason;
  /// When to come again; nothing where waiting does not help.
  std::optional<std::chrono::milliseconds> delay;
};

/// Every reason that a call may be refused with under RESOURCE_EXHAUSTED.
const std::vector<ExhaustedReason>& ExhaustedReasons();

/// How long whoever was refused with `error` should wait; nothing when waiting does not help:
/// UNAVAILABLE always passes by itself, RESOURCE_EXHAUSTED where calls and jobs that end make room.
/// The one rule that every status of ours follows.
std::optional<std::chrono::milliseconds> RetryDelayOf(const Error& error);

/// The gRPC status of `error`, details attached: RetryInfo with `retry_after` or, without it, with
/// RetryDelayOf(error) where there is one.
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
