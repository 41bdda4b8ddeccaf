// DispatchService over the Dispatcher.
#pragma once

#include "atelier/v1/dispatch.grpc.pb.h"
#include "picture/picture_header.h"
#include "server/admission/job_kinds.h"
#include "server/api/callers.h"
#include "server/blobs/blob_store.h"
#include "server/calls/call_slots.h"
#include "server/dispatch/dispatcher.h"
#include "server/dispatch/lease_waiters.h"
#include "server/jobs/lifecycle.h"
#include "server/moderation/moderator.h"

namespace atelier::server {

/// A worker that waits for jobs has no thread; the other calls have one each.
class DispatchServiceImpl final
    : public v1::DispatchService::WithCallbackMethod_LeaseJobs<v1::DispatchService::Service> {
 public:
  /// All must outlive the service.
  struct Parts {
    Dispatcher& dispatcher;
    WorkerRegistry& workers;
    JobQueue& queue;
    BlobStore& blobs;
    const JobKinds& kinds;
    const Lifecycle& lifecycle;
    /// Of workers.
    const Callers& callers;
    /// Who is asked before a result leaves; null: nobody.
    const Moderator* moderator = nullptr;
  };

  explicit DispatchServiceImpl(const Parts& parts)
      : dispatcher_(parts.dispatcher),
        workers_(parts.workers),
        queue_(parts.queue),
        blobs_(parts.blobs),
        kinds_(parts.kinds),
        lifecycle_(parts.lifecycle),
        callers_(parts.callers),
        moderator_(parts.moderator) {}

  grpc::Status RegisterWorker(grpc::ServerContext* context,
                              const v1::RegisterWorkerRequest* request,
                              v1::RegisterWorkerResponse* response) override;
  grpc::ServerUnaryReactor* LeaseJobs(grpc::CallbackServerContext* context,
                                      const v1::LeaseJobsRequest* request,
                                      v1::LeaseJobsResponse* response) override;
  grpc::Status ReportProgress(grpc::ServerContext* context,
                              const v1::ReportProgressRequest* request,
                              v1::ReportProgressResponse* response) override;
  grpc::Status RecordResults(grpc::ServerContext* context, const v1::RecordResultsRequest* request,
                             v1::RecordResultsResponse* response) override;
  grpc::Status CompleteJob(grpc::ServerContext* context, const v1::CompleteJobRequest* request,
                           v1::CompleteJobResponse* response) override;
  grpc::Status FailJob(grpc::ServerContext* context, const v1::FailJobRequest* request,
                       v1::FailJobResponse* response) override;

 private:
  Status Complete(const v1::CompleteJobRequest& request);
  Status Record(const v1::RecordResultsRequest& request);
  // INVALID_ARGUMENT naming `results` unless so many complete a job of `kind` and `spec`.
  static Status CheckCount(const JobKind& kind, const v1::JobSpec& spec, int count);
  // Holds the film that completes a job, and adds it to `completion`.
  Status AddFilm(const v1::CompleteJobRequest& request, const JobKind& kind,
                 const std::string& tenant, JobCompletion& completion,
                 std::vector<HeldBlob>& blobs);
  // What is told of a held result.
  Result<v1::PaintedImage> Describe(const v1::JobResult& result, const HeldBlob& blob);
  // Whether the operator's rules let the pictures leave, stored in `blobs` or in the request. The
  // lease lives on while they are asked.
  Status Review(const v1::CompleteJobRequest& request, const LeasedWork& work,
                const std::vector<HeldBlob>& blobs);
  // Fails the job; nothing of its pictures is kept.
  Status FailRefused(const v1::CompleteJobRequest& request, const Error& refused,
                     std::vector<HeldBlob> blobs);
  // An asset that was stored for the tenant. INVALID_ARGUMENT naming `field` otherwise.
  Result<HeldBlob> HoldStored(const std::string& asset, const std::string& field,
                              const std::string& tenant);
  // A result that was stored for the tenant, or the place of one that comes along. INVALID_ARGUMENT
  // naming the field otherwise.
  Result<HeldBlob> HoldResult(const v1::JobResult& result, const std::string& tenant);
  // INVALID_ARGUMENT naming the field when the result is no PNG.
  Result<PictureHeader> HeaderOf(const v1::JobResult& result, const std::string& digest);

  Dispatcher& dispatcher_;
  WorkerRegistry& workers_;
  JobQueue& queue_;
  BlobStore& blobs_;
  const JobKinds& kinds_;
  const Lifecycle& lifecycle_;
  const Callers& callers_;
  const Moderator* const moderator_;
  // Each waits for up to half a minute, in memory alone: as many as there may be workers.
  static constexpr int kMaxLeaseCalls = WorkerRegistry::kMaxWorkers;
  const CallSlots lease_calls_{kMaxLeaseCalls, kTooManyWaitingReason, "workers that wait for jobs"};
  LeaseWaiters lease_waiters_{dispatcher_, queue_.feed()};
};

}  // namespace atelier::server
