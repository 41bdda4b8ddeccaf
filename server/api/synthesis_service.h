// SynthesisService: SubmitJob, waiting and fetching the pictures in one call.
#pragma once

#include "atelier/v1/synthesis.grpc.pb.h"
#include "server/admission/admission.h"
#include "server/api/lifecycle.h"

namespace atelier::server {

class SynthesisServiceImpl final : public v1::SynthesisService::Service {
 public:
  SynthesisServiceImpl(JobQueue& queue, Admission& admission, BlobStore& blobs,
                       const Lifecycle& lifecycle)
      : queue_(queue), admission_(admission), blobs_(blobs), lifecycle_(lifecycle) {}

  grpc::Status Synthesize(grpc::ServerContext* context, const v1::SynthesizeRequest* request,
                          v1::SynthesizeResponse* response) override;

 private:
  // Waits for the end; cancels the job when the caller goes away first.
  Result<JobRecord> Await(const grpc::ServerContext& context, const std::string& id);
  Status LoadImages(const JobRecord& job, v1::SynthesizeResponse* response);

  JobQueue& queue_;
  Admission& admission_;
  BlobStore& blobs_;
  const Lifecycle& lifecycle_;
};

}  // namespace atelier::server
