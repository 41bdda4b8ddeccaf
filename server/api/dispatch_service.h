// DispatchService over the Dispatcher.
#pragma once

#include "atelier/v1/dispatch.grpc.pb.h"
#include "server/api/lifecycle.h"
#include "server/blobs/blob_store.h"
#include "server/dispatch/dispatcher.h"

namespace atelier::server {

class DispatchServiceImpl final : public v1::DispatchService::Service {
 public:
  DispatchServiceImpl(Dispatcher& dispatcher, WorkerRegistry& workers, JobQueue& queue,
                      BlobStore& blobs, const Lifecycle& lifecycle)
      : dispatcher_(dispatcher),
        workers_(workers),
        queue_(queue),
        blobs_(blobs),
        lifecycle_(lifecycle) {}

  grpc::Status RegisterWorker(grpc::ServerContext* context,
                              const v1::RegisterWorkerRequest* request,
                              v1::RegisterWorkerResponse* response) override;
  grpc::Status LeaseJobs(grpc::ServerContext* context, const v1::LeaseJobsRequest* request,
                         v1::LeaseJobsResponse* response) override;
  grpc::Status ReportProgress(grpc::ServerContext* context,
                              const v1::ReportProgressRequest* request,
                              v1::ReportProgressResponse* response) override;
  grpc::Status CompleteJob(grpc::ServerContext* context, const v1::CompleteJobRequest* request,
                           v1::CompleteJobResponse* response) override;
  grpc::Status FailJob(grpc::ServerContext* context, const v1::FailJobRequest* request,
                       v1::FailJobResponse* response) override;

 private:
  Status Complete(const v1::CompleteJobRequest& request);

  Dispatcher& dispatcher_;
  WorkerRegistry& workers_;
  JobQueue& queue_;
  BlobStore& blobs_;
  const Lifecycle& lifecycle_;
};

}  // namespace atelier::server
