#include "rpc/call_interceptor.h"

#include <grpcpp/support/string_ref.h>

#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "rpc/status.h"
#include "telemetry/log.h"
#include "telemetry/trace.h"

namespace atelier::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

constexpr char kTraceparent[] = "traceparent";
constexpr char kRequestId[] = "x-request-id";
constexpr char kNoThreadReason[] = "TOO_MANY_CALLS";

std::string_view Find(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

/// OK and what callers cause is news for developers; what we cause is news for operators.
spdlog::level::level_enum LevelOf(Code code) {
  switch (code) {
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss:
      return spdlog::level::warn;
    default:
      return spdlog::level::debug;
  }
}

class CallInterceptor final : public grpc::experimental::Interceptor {
 public:
  CallInterceptor(std::string method, const OnCallEnd& on_call_end)
      : method_(std::move(method)), on_call_end_(on_call_end) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      if (Metadata* metadata = methods->GetRecvInitialMetadata()) Begin(*metadata);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      if (auto* trailing = methods->GetSendTrailingMetadata()) {
        trailing->emplace(kRequestId, call_.request_id);
      }
      const grpc::Status status = methods->GetSendStatus();
      // gRPC's own refusal of a call for which there is no thread says nothing to programs.
      if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
          status.error_details().empty()) {
        methods->ModifySendStatus(ToGrpc(Error{Code::kResourceExhausted, kNoThreadReason,
                                               "all threads are busy with calls; try again", ""}));
      }
      End(static_cast<Code>(status.error_code()));
    }
    methods->Proceed();
  }

 private:
  void Begin(Metadata& metadata) {
    const auto trace = telemetry::ParseTraceparent(Find(metadata, kTraceparent));
    call_.traceparent = (trace ? trace->NextSpan() : telemetry::NewTrace()).ToString();
    const std::string_view request_id = Find(metadata, kRequestId);
    call_.request_id = telemetry::IsRequestId(request_id) ? std::string(request_id) : NewId();
    // The map refers to texts that live elsewhere: these live as long as the call.
    metadata.erase(kTraceparent);
    metadata.erase(kRequestId);
    metadata.emplace(kTraceparent, call_.traceparent);
    metadata.emplace(kRequestId, call_.request_id);
    telemetry::SetCurrentCall(call_);
  }

  void End(Code code) {
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin_;
    // A call of the callback API may end on a thread that worked for another one.
    telemetry::SetCurrentCall(call_);
    spdlog::log(LevelOf(code), "rpc={} code={} ms={:.1f}", method_, CodeName(code),
                time.count() * 1000);
    telemetry::SetCurrentCall({});
    if (on_call_end_) on_call_end_(method_, code, time.count());
  }

  const std::string method_;
  const OnCallEnd& on_call_end_;  // The factory's, which lives as long as the server.
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  telemetry::CallIds call_;
};

class CallInterceptorFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  CallInterceptorFactory(std::shared_ptr<const MethodNames> names, OnCallEnd on_call_end)
      : names_(std::move(names)), on_call_end_(std::move(on_call_end)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    const std::string method = info->method();
    return new CallInterceptor(names_->Has(method) ? method : kUnknownMethod, on_call_end_);
  }

 private:
  const std::shared_ptr<const MethodNames> names_;
  const OnCallEnd on_call_end_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallInterceptors(
    std::shared_ptr<const MethodNames> names, OnCallEnd on_call_end) {
  return std::make_unique<CallInterceptorFactory>(std::move(names), std::move(on_call_end));
}

}  // namespace atelier::rpc
