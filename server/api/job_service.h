// JobService over the queue.
#pragma once

#include "atelier/v1/job.grpc.pb.h"
#include "server/admission/admission.h"
#include "server/api/callers.h"
#include "server/api/watch_call.h"
#include "server/calls/call_memory.h"
#include "server/jobs/lifecycle.h"

namespace atelier::server {

/// WatchJob alone may last, and so has no thread: the other calls have one each.
class JobServiceImpl final
    : public v1::JobService::WithCallbackMethod_WatchJob<v1::JobService::Service> {
 public:
  /// All must outlive the service.
  struct Parts {
    JobQueue& queue;
    Admission& admission;
    const Lifecycle& lifecycle;
    const Callers& callers;
    JobFollowers& followers;
    /// Of calls that wait for jobs.
    const CallSlots& waiting;
    /// Of submits.
    CallMemory& memory;
  };

  explicit JobServiceImpl(const Parts& parts)
      : queue_(parts.queue),
        admission_(parts.admission),
        lifecycle_(parts.lifecycle),
        callers_(parts.callers),
        followers_(parts.followers),
        waiting_(parts.waiting),
        memory_(parts.memory) {}

  grpc::Status SubmitJob(grpc::ServerContext* context, const v1::SubmitJobRequest* request,
                         v1::Job* response) override;
  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                      v1::Job* response) override;
  grpc::Status ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override;
  WatchCall::Reactor* WatchJob(grpc::CallbackServerContext* context,
                               const v1::WatchJobRequest* request) override;
  grpc::Status CancelJob(grpc::ServerContext* context, const v1::CancelJobRequest* request,
                         v1::Job* response) override;
  grpc::Status DeleteJob(grpc::ServerContext* context, const v1::DeleteJobRequest* request,
                         v1::DeleteJobResponse* response) override;

 private:
  // The id of a job that the caller sees; JOB_NOT_FOUND for any other.
  Result<std::string> IdOfSeen(const grpc::ServerContextBase& context, const std::string& name);
  // Answers with `record`, or with its error.
  grpc::Status Answer(const Result<JobRecord>& record, v1::Job* response);

  JobQueue& queue_;
  Admission& admission_;
  const Lifecycle& lifecycle_;
  const Callers& callers_;
  JobFollowers& followers_;
  const CallSlots& waiting_;
  CallMemory& memory_;
};

}  // namespace atelier::server
