// WatchCall: one WatchJob, from its request to its end, without a thread of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

#include "atelier/v1/job.grpc.pb.h"
#include "base/mutex.h"
#include "server/calls/call_slots.h"
#include "server/jobs/job_followers.h"

namespace atelier::server {

class WatchCall final : public grpc::ServerWriteReactor<v1::WatchJobResponse>,
                        public JobListener,
                        public std::enable_shared_from_this<WatchCall> {
 public:
  using Reactor = grpc::ServerWriteReactor<v1::WatchJobResponse>;

  /// Answers a watch. References must outlive the call; it keeps itself and `slot` until it is
  /// over.
  static Reactor* Start(JobQueue& queue, JobFollowers& followers, JobFollowers::Request request,
                        CallSlots::Slot slot);
  /// Answers with an error alone.
  static Reactor* Refuse(const grpc::Status& status);

  bool OnNews(const JobNews& news) override;
  void OnEnd(const Result<JobRecord>& end) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  WatchCall(JobQueue& queue, JobFollowers& followers, CallSlots::Slot slot)
      : queue_(queue), followers_(followers), slot_(std::move(slot)) {}

  // Ends the call with `status` as soon as nothing is being written.
  void EndWith(const grpc::Status& status) REQUIRES(mutex_);

  JobQueue& queue_;
  JobFollowers& followers_;
  const CallSlots::Slot slot_;

  Mutex mutex_;
  // Until OnDone(): gRPC holds no more than a pointer.
  std::shared_ptr<WatchCall> self_ GUARDED_BY(mutex_);
  JobFollowers::Key key_ GUARDED_BY(mutex_) = 0;
  // What is being written; gRPC needs it until OnWriteDone().
  std::unique_ptr<v1::WatchJobResponse> response_ GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
