// What every served call gets, whichever service answers it: ids, a log line, a count.
//
// The caller's `traceparent` and `x-request-id` are taken when they are well-formed and made when
// they are missing. The handler sees both as if the caller had sent them (the traceparent with our
// span in it), its thread logs under them, and the trailing metadata tell the caller the request
// id.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "rpc/method_names.h"
#include "telemetry/trace.h"

namespace atelier::rpc {

/// `method` is "/atelier.v1.JobService/GetJob"; kUnknownMethod for one that no service has.
using OnCallEnd = std::function<void(const std::string& method, Code code, double seconds)>;

inline constexpr char kUnknownMethod[] = "other";

/// At the start of a handler of gRPC's callback API. The interceptor gave the thread the call's
/// ids, as it does for handlers that keep their thread to the end of the call; at the end of the
/// scope they are taken back, for the thread serves other calls while this one goes on elsewhere.
class CallbackScope {
 public:
  CallbackScope() = default;
  ~CallbackScope() { telemetry::SetCurrentCall({}); }
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;
};

/// Handlers run on the thread of their interceptors and log under the call's ids; those of the
/// callback API begin with a CallbackScope.
/// `names` are those of the server's methods; `on_call_end` may be empty.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallInterceptors(
    std::shared_ptr<const MethodNames> names, OnCallEnd on_call_end);

}  // namespace atelier::rpc
