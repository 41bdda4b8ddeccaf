// LeaseCall: one LeaseJobs, from its request to its end, without a thread of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "atelier/v1/dispatch.grpc.pb.h"
#include "base/mutex.h"
#include "server/api/callers.h"
#include "server/calls/call_slots.h"
#include "server/dispatch/lease_waiters.h"
#include "server/jobs/lifecycle.h"

namespace atelier::server {

class LeaseCall final : public grpc::ServerUnaryReactor,
                        public std::enable_shared_from_this<LeaseCall> {
 public:
  /// References must outlive the call.
  struct Parts {
    Dispatcher& dispatcher;
    LeaseWaiters& waiters;
    const Lifecycle& lifecycle;
    /// Of workers.
    const Callers& callers;
    /// Of calls that wait.
    const CallSlots& slots;
  };

  /// Answers a worker that asks for jobs, or that leaves; the call keeps itself until it is over.
  static grpc::ServerUnaryReactor* Start(const Parts& parts,
                                         const grpc::CallbackServerContext& context,
                                         const v1::LeaseJobsRequest& request,
                                         v1::LeaseJobsResponse& response);

  void OnCancel() override { caller_left_ = true; }
  void OnDone() override;

 private:
  LeaseCall(const Parts& parts, const v1::LeaseJobsRequest& request,
            v1::LeaseJobsResponse& response)
      : parts_(parts), request_(request), response_(response) {}

  // What is wrong with the request, or how it goes on.
  Status Begin(const grpc::CallbackServerContext& context);
  Status KeepWaiting() const;
  grpc::Status StatusOf(const Result<std::vector<JobRecord>>& leased);

  const Parts parts_;
  const v1::LeaseJobsRequest& request_;  // gRPC's, as the response, until OnDone().
  v1::LeaseJobsResponse& response_;
  std::optional<CallSlots::Slot> slot_;
  std::function<Status()> still_;  // Whether the worker's token is still good; null: it is.
  std::atomic<bool> caller_left_ = false;

  Mutex mutex_;
  // Until OnDone(): gRPC holds no more than a pointer.
  std::shared_ptr<LeaseCall> self_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
