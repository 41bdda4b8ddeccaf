#include "server/moderation/moderator.h"

#include <spdlog/spdlog.h>

#include "rpc/status.h"
#include "telemetry/trace.h"

namespace atelier::server {
namespace {

using std::chrono::system_clock;

// How often WhileWaiting is called: well within the shortest usual lease.
constexpr std::chrono::milliseconds kBetweenCalls(1000);

Unexpected Unreachable(const std::string& why) {
  spdlog::error("moderation: {}", why);
  return MakeError(Code::kUnavailable, kModerationUnreachableReason,
                   "refused, because the moderation service gave no answer; try again later");
}

// Waits for the end of the call that `begin` starts on a queue of its own.
template <typename Response, typename Begin>
Status Ask(std::chrono::milliseconds patience, const Begin& begin,
           const Moderator::WhileWaiting& while_waiting, Response& response) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + patience);
  const telemetry::CallIds& call = telemetry::CurrentCall();
  if (!call.traceparent.empty()) context.AddMetadata("traceparent", call.traceparent);
  if (!call.request_id.empty()) context.AddMetadata("x-request-id", call.request_id);
  grpc::CompletionQueue queue;
  grpc::Status status;
  const auto reader = begin(context, queue);
  reader->Finish(&response, &status, &response);
  Status given_up;
  void* tag = nullptr;
  bool ok = false;
  while (queue.AsyncNext(&tag, &ok, system_clock::now() + kBetweenCalls) ==
         grpc::CompletionQueue::TIMEOUT) {
    if (!given_up || !while_waiting) continue;
    given_up = while_waiting();
    if (!given_up) context.TryCancel();
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  if (!given_up) return given_up;
  if (!status.ok()) return Unreachable(rpc::FromGrpc(status, "the moderation service").message);
  return {};
}

template <typename Response>
Status Verdict(const Response& response, const char* reason, const char* what) {
  if (response.allowed()) return {};
  return MakeError(Code::kPermissionDenied, reason,
                   response.message().empty() ? what : response.message());
}

}  // namespace

std::shared_ptr<grpc::Channel> Moderator::Connect(const std::string& address,
                                                  const rpc::ChannelSecurity& security) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(-1);
  // A restarted service is found again within seconds, not after gRPC's two minutes of back-off.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // A connection that is dead is given up. It is somebody else's server, which may not like pings:
  // with these there are none in a call of the usual length, and the kernel looks whether it takes
  // what is sent.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  return rpc::MakeChannel(address, arguments, security);
}

Status Moderator::ReviewJob(const v1::ReviewJobRequest& request) const {
  v1::ReviewJobResponse response;
  const auto begin = [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
    return stub_->AsyncReviewJob(&context, request, &queue);
  };
  ATELIER_RETURN_IF_ERROR(Ask(patience_, begin, {}, response));
  return Verdict(response, kJobRefusedReason, "the job is not allowed here");
}

Status Moderator::ReviewResult(const v1::ReviewResultRequest& request,
                               const WhileWaiting& while_waiting) const {
  v1::ReviewResultResponse response;
  const auto begin = [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
    return stub_->AsyncReviewResult(&context, request, &queue);
  };
  ATELIER_RETURN_IF_ERROR(Ask(patience_, begin, while_waiting, response));
  return Verdict(response, kResultRefusedReason, "the result is not allowed to leave");
}

}  // namespace atelier::server
