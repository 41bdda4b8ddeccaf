// SynthesisService: SubmitJob, waiting and fetching the pictures in one call.
#pragma once

#include "atelier/v1/synthesis.grpc.pb.h"
#include "server/admission/admission.h"
#include "server/api/callers.h"
#include "server/calls/call_memory.h"
#include "server/calls/call_slots.h"
#include "server/calls/call_threads.h"
#include "server/jobs/job_followers.h"
#include "server/jobs/lifecycle.h"

namespace atelier::server {

/// A synthesis that waits has no thread, and its request is let go when it is queued.
class SynthesisServiceImpl final
    : public v1::SynthesisService::WithCallbackMethod_Synthesize<v1::SynthesisService::Service> {
 public:
  /// All must outlive the service.
  struct Parts {
    JobQueue& queue;
    Admission& admission;
    BlobStore& blobs;
    const Lifecycle& lifecycle;
    const Callers& callers;
    JobFollowers& followers;
    /// Of calls that wait for jobs.
    const CallSlots& waiting;
    CallThreads& threads;
    /// Of submits.
    CallMemory& memory;
  };

  explicit SynthesisServiceImpl(const Parts& parts);
  ~SynthesisServiceImpl() override;

  grpc::ServerUnaryReactor* Synthesize(grpc::CallbackServerContext* context,
                                       const v1::SynthesizeRequest* request,
                                       v1::SynthesizeResponse* response) override;

 private:
  class Messages;

  const Parts parts_;
  const std::unique_ptr<Messages> messages_;
};

}  // namespace atelier::server
