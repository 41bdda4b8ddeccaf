#include "rpc/status.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <algorithm>
#include <string>

namespace atelier::rpc {
namespace {

using std::chrono::milliseconds;

// Long enough for a worker to take a batch from a full queue; short against any client's patience.
constexpr milliseconds kRoomDelay(2000);
// A drain and a process that loads its networks take seconds.
constexpr milliseconds kAwayDelay(1000);
constexpr milliseconds kDiskDelay(10'000);
constexpr char kDomain[] = "atelier";

// The rich details of `status`, empty when it has none or they do not parse.
google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  return details;
}

template <typename Detail>
std::optional<Detail> Find(const google::rpc::Status& status) {
  for (const auto& any : status.details()) {
    Detail detail;
    if (any.Is<Detail>() && any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

}  // namespace

const std::vector<ExhaustedReason>& ExhaustedReasons() {
  static const std::vector<ExhaustedReason> reasons = {
      {"QUEUE_FULL", kRoomDelay},
      {"TENANT_QUEUE_FULL", kRoomDelay},
      {"TENANT_COST_LIMIT", kRoomDelay},
      {"TOO_MANY_WAITING", kRoomDelay},
      {"TOO_MANY_CALLS", kRoomDelay},
      // Each refusal knows its own delay; this is for one that does not.
      {"TENANT_RATE_LIMIT", kAwayDelay},
      // Another batch, or smaller pictures beside it, may fit.
      {"OUT_OF_DEVICE_MEMORY", kRoomDelay},
      // Old jobs are forgotten with their pictures, which makes room sooner or later.
      {"STORAGE_FULL", kDiskDelay},
      // Pictures must be deleted first.
      {"STORAGE_QUOTA", {}},
      {"TENANT_STORAGE_QUOTA", {}},
      // Tokens must be purged, workers stopped.
      {"TOO_MANY_TOKENS", {}},
      {"TOO_MANY_WORKERS", {}},
      {"TOO_MANY_MODELS", {}},
      // Whoever guesses tokens is told nothing more.
      {"TOO_MANY_FAILURES", {}},
  };
  return reasons;
}

std::optional<milliseconds> RetryDelayOf(const Error& error) {
  if (error.code == Code::kUnavailable) return kAwayDelay;
  if (error.code != Code::kResourceExhausted) return std::nullopt;
  const auto& reasons = ExhaustedReasons();
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const auto& each) { return each.reason == error.reason; });
  return found == reasons.end() ? std::nullopt : found->delay;
}

grpc::Status ToGrpc(const Error& error, std::optional<std::chrono::milliseconds> retry_after) {
  if (!retry_after) retry_after = RetryDelayOf(error);
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(error.code));
  rich.set_message(error.message);
  if (!error.reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_reason(error.reason);
    info.set_domain(kDomain);
    rich.add_details()->PackFrom(info);
  }
  if (!error.field.empty()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(error.field);
    violation->set_description(error.message);
    rich.add_details()->PackFrom(bad_request);
  }
  if (retry_after) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(retry_after->count() / 1000);
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(retry_after->count() % 1000 * 1'000'000));
    rich.add_details()->PackFrom(retry);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(error.code), error.message,
                      rich.SerializeAsString());
}

grpc::Status ToGrpc(const Status& status) {
  return status.has_value() ? grpc::Status::OK : ToGrpc(status.error());
}

Error FromGrpc(const grpc::Status& status) {
  Error error;
  error.code = static_cast<Code>(status.error_code());
  error.message = status.error_message();
  const google::rpc::Status details = DetailsOf(status);
  if (const auto info = Find<google::rpc::ErrorInfo>(details)) error.reason = info->reason();
  // A peer that says nothing more still has its code's name as a stable reason.
  if (error.reason.empty()) error.reason = std::string(CodeName(error.code));
  const auto bad_request = Find<google::rpc::BadRequest>(details);
  if (bad_request && bad_request->field_violations_size() > 0) {
    error.field = bad_request->field_violations(0).field();
  }
  return error;
}

bool IsFromPeer(const grpc::Status& status) {
  return Find<google::rpc::ErrorInfo>(DetailsOf(status)).has_value();
}

Error FromGrpc(const grpc::Status& status, std::string_view service) {
  Error error = FromGrpc(status);
  const bool away = error.code == Code::kUnavailable;
  if ((!away && error.code != Code::kDeadlineExceeded) || IsFromPeer(status)) return error;
  error.reason = "SERVICE_AWAY";
  const std::string what = away ? " is away" : " did not answer in time";
  return error.WithContext(std::string(service) + what);
}

std::optional<std::chrono::milliseconds> RetryAfter(const grpc::Status& status) {
  const auto retry = Find<google::rpc::RetryInfo>(DetailsOf(status));
  if (!retry) return std::nullopt;
  return std::chrono::milliseconds(retry->retry_delay().seconds() * 1000 +
                                   retry->retry_delay().nanos() / 1'000'000);
}

}  // namespace atelier::rpc
