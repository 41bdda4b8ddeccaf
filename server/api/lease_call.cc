#include "server/api/lease_call.h"

#include <utility>

#include "limits/limits.h"
#include "server/api/reply.h"
#include "telemetry/trace.h"

namespace atelier::server {
namespace {

// The wait of a request within its limits.
Result<std::chrono::milliseconds> WaitOf(const v1::LeaseJobsRequest& request) {
  ATELIER_RETURN_IF_ERROR(CheckField(request, "max_jobs", "max_jobs"));
  ATELIER_RETURN_IF_ERROR(CheckField(request, "wait", "wait"));
  return std::chrono::seconds(request.wait().seconds()) +
         std::chrono::milliseconds(request.wait().nanos() / 1'000'000);
}

}  // namespace

grpc::ServerUnaryReactor* LeaseCall::Start(const Parts& parts,
                                           const grpc::CallbackServerContext& context,
                                           const v1::LeaseJobsRequest& request,
                                           v1::LeaseJobsResponse& response) {
  const std::shared_ptr<LeaseCall> call(new LeaseCall(parts, request, response));
  {
    const MutexLock lock(call->mutex_);
    call->self_ = call;
  }
  if (const Status begun = call->Begin(context); !begun) call->Finish(Reply(begun));
  return call.get();
}

Status LeaseCall::Begin(const grpc::CallbackServerContext& context) {
  ATELIER_ASSIGN_OR_RETURN(CallSlots::Slot slot, parts_.slots.Take());
  slot_.emplace(std::move(slot));
  ATELIER_ASSIGN_OR_RETURN(const std::chrono::milliseconds wait_time, WaitOf(request_));
  ATELIER_ASSIGN_OR_RETURN(const Caller caller, parts_.callers.Of(context));
  still_ = parts_.callers.WhetherStill(caller);
  const auto self = shared_from_this();
  if (request_.leaving()) {
    ATELIER_RETURN_IF_ERROR(CheckField(request_, "held", "held"));
    parts_.waiters.Run([self, ids = telemetry::CurrentCall()] {
      const telemetry::CallScope scope(ids);
      const auto& held = self->request_.held();
      self->parts_.dispatcher.Leave(self->request_.worker(), {held.begin(), held.end()});
      self->Finish(grpc::Status::OK);
    });
    return {};
  }
  LeaseWait wait{request_.worker(), request_.max_jobs(),
                 std::chrono::steady_clock::now() + wait_time,
                 [self] { return self->KeepWaiting(); }};
  ATELIER_RETURN_IF_ERROR(parts_.dispatcher.BeginWait(wait));
  parts_.waiters.Add(std::move(wait), [self](const Result<std::vector<JobRecord>>& leased) {
    self->Finish(self->StatusOf(leased));
  });
  return {};
}

Status LeaseCall::KeepWaiting() const {
  if (caller_left_) return MakeError(Code::kCancelled, "CALLER_GONE", "the caller is gone");
  if (still_) ATELIER_RETURN_IF_ERROR(still_());
  return parts_.lifecycle.MayStart();
}

grpc::Status LeaseCall::StatusOf(const Result<std::vector<JobRecord>>& leased) {
  if (!leased) return Reply(leased.error());
  for (const JobRecord& job : *leased) {
    v1::LeasedJob* message = response_.add_jobs();
    message->set_job("jobs/" + job.id);
    message->set_lease(job.lease->token);
    message->set_attempt(job.attempt);
    message->set_traceparent(job.traceparent);
    if (!message->mutable_spec()->ParseFromString(job.spec)) {
      return Reply(Error{Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse", ""});
    }
    v1::Job outcome;
    // A row that does not parse costs its finished pictures: they are painted again.
    if (!outcome.ParseFromString(job.outcome)) continue;
    for (const v1::PaintedImage& image : outcome.images()) {
      v1::JobResult* const finished = message->add_finished();
      finished->set_asset(image.asset());
      finished->set_seed(image.seed());
    }
  }
  return grpc::Status::OK;
}

void LeaseCall::OnDone() {
  std::shared_ptr<LeaseCall> self;
  const MutexLock lock(mutex_);
  self = std::move(self_);
}

}  // namespace atelier::server
