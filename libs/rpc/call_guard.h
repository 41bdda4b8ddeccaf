// CallGuard: who may make a call, decided before its request is read and before any thread is given
// to it.
//
// The right that a call needs stands in its proto (right.proto) and nowhere else. A call without
// one is refused, whoever makes it; grpc.health.v1 alone asks for nothing, and reflection for any
// caller that is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atelier/v1/right.pb.h"
#include "base/result.h"

namespace atelier::rpc {

/// What a call says of its caller.
struct CallCredentials {
  /// Metadata `authorization`; empty: none.
  std::string_view authorization = {};
  /// Metadata `atelier-tenant`; empty: none.
  std::string_view tenant = {};
  /// The URIs of the client certificate, which the handshake verified.
  std::vector<std::string> certificate_uris = {};
};

/// The token of "Bearer TOKEN"; empty when `authorization` is nothing of the kind.
std::string_view BearerToken(std::string_view authorization);

/// Who may make a call.
enum class Audience {
  /// Everybody: health.
  kEverybody,
  /// Every caller that is known.
  kKnown,
  /// Known callers with `right`.
  kRight,
  /// Nobody: its proto names no right.
  kNobody,
};
struct CallRule {
  Audience audience = Audience::kNobody;
  v1::Right right = v1::RIGHT_UNSPECIFIED;
};

/// The rule of `method` ("/atelier.v1.JobService/GetJob"). REQUIRES: a service of this process has
/// it; names that clients make up would be remembered.
CallRule RuleOf(std::string_view method);

/// Thread-safe.
class CallGuard {
 public:
  virtual ~CallGuard() = default;
  /// OK when the caller may make a call of `rule`, which is not that of everybody or nobody. Quick:
  /// gRPC's own threads ask. UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED otherwise.
  virtual Status Admit(const CallCredentials& credentials, const CallRule& rule) const = 0;
};

}  // namespace atelier::rpc
