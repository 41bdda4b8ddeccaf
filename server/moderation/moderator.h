// Moderator: asks the operator's ModerationService whether a job may be queued and whether its
// result may leave. Whatever is not clearly allowed is refused. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "atelier/v1/moderation.grpc.pb.h"
#include "base/result.h"
#include "rpc/credentials.h"

namespace atelier::server {

inline constexpr char kJobRefusedReason[] = "JOB_REFUSED";
inline constexpr char kResultRefusedReason[] = "RESULT_REFUSED";
inline constexpr char kModerationUnreachableReason[] = "MODERATION_UNREACHABLE";

class Moderator {
 public:
  /// Called about once a second while the service thinks; its error ends the waiting and is the
  /// answer.
  using WhileWaiting = std::function<Status()>;

  /// `patience` is how long the service may take for an answer.
  Moderator(const std::shared_ptr<grpc::Channel>& channel, std::chrono::milliseconds patience)
      : stub_(v1::ModerationService::NewStub(channel)), patience_(patience) {}

  /// A channel to `address` whose messages may be of any size: a job's pictures go in one.
  static std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                                const rpc::ChannelSecurity& security = {});

  /// PERMISSION_DENIED / JOB_REFUSED with the service's message; UNAVAILABLE /
  /// MODERATION_UNREACHABLE when it cannot be reached, answers with an error or is late.
  Status ReviewJob(const v1::ReviewJobRequest& request) const;
  /// The same with RESULT_REFUSED, and the errors of `while_waiting`.
  Status ReviewResult(const v1::ReviewResultRequest& request,
                      const WhileWaiting& while_waiting) const;

 private:
  const std::unique_ptr<v1::ModerationService::Stub> stub_;
  const std::chrono::milliseconds patience_;
};

}  // namespace atelier::server
