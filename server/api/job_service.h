// JobService over the queue.
#pragma once

#include "atelier/v1/job.grpc.pb.h"
#include "server/admission/admission.h"
#include "server/api/lifecycle.h"

namespace atelier::server {

class JobServiceImpl final : public v1::JobService::Service {
 public:
  JobServiceImpl(JobQueue& queue, Admission& admission, const Lifecycle& lifecycle)
      : queue_(queue), admission_(admission), lifecycle_(lifecycle) {}

  grpc::Status SubmitJob(grpc::ServerContext* context, const v1::SubmitJobRequest* request,
                         v1::Job* response) override;
  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                      v1::Job* response) override;
  grpc::Status ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override;
  grpc::Status WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override;
  grpc::Status CancelJob(grpc::ServerContext* context, const v1::CancelJobRequest* request,
                         v1::Job* response) override;
  grpc::Status DeleteJob(grpc::ServerContext* context, const v1::DeleteJobRequest* request,
                         v1::DeleteJobResponse* response) override;

 private:
  // Answers with `record`, or with its error.
  grpc::Status Answer(const Result<JobRecord>& record, v1::Job* response);

  JobQueue& queue_;
  Admission& admission_;
  const Lifecycle& lifecycle_;
};

}  // namespace atelier::server
