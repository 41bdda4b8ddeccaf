// Api: every service of the server, over one set of parts.
#pragma once

#include <memory>
#include <vector>

#include "server/api/asset_service.h"
#include "server/api/dispatch_service.h"
#include "server/api/forwarders.h"
#include "server/api/job_service.h"
#include "server/api/model_service.h"
#include "server/api/synthesis_service.h"
#include "server/api/worker_asset_service.h"

namespace atelier::server {

/// All must outlive the Api.
struct ApiParts {
  JobQueue& queue;
  Admission& admission;
  Dispatcher& dispatcher;
  WorkerRegistry& workers;
  BlobStore& blobs;
  const Lifecycle& lifecycle;
  std::shared_ptr<grpc::Channel> pose;
  std::shared_ptr<grpc::Channel> region;
  /// Who is asked before a result leaves; null: nobody.
  const Moderator* moderator = nullptr;
  /// Who calls; null: everybody is trusted.
  const Access* access = nullptr;
  /// Calls that may wait for jobs at once; each costs memory.
  int max_waiting_calls = 10000;
  /// Of what clients send that is in memory at once: as much may wait, and as much be worked on.
  int64_t call_memory_bytes = int64_t{256} << 20;
  /// Which workers call; null: everybody who does is one.
  const Access* worker_access = nullptr;
};

class Api {
 public:
  explicit Api(const ApiParts& parts)
      : callers_(parts.access),
        worker_callers_(parts.worker_access),
        memory_(parts.call_memory_bytes),
        waiting_(parts.max_waiting_calls, kTooManyWaitingReason, "calls that wait for jobs"),
        followers_(
            parts.queue, SystemClock(),
            [&lifecycle = parts.lifecycle](JobState state) { return lifecycle.MayWait(state); }),
        synthesis_({parts.queue, parts.admission, parts.blobs, parts.lifecycle, callers_,
                    followers_, waiting_, threads_, memory_}),
        jobs_({parts.queue, parts.admission, parts.lifecycle, callers_, followers_, waiting_,
               memory_}),
        assets_(parts.blobs, parts.queue, callers_,
                parts.moderator ? AssetServiceImpl::Shown::kOwned : AssetServiceImpl::Shown::kAll),
        models_(parts.workers, callers_),
        dispatch_({parts.dispatcher, parts.workers, parts.queue, parts.blobs,
                   parts.admission.kinds(), parts.lifecycle, worker_callers_, parts.moderator}),
        worker_assets_(parts.dispatcher, parts.queue, parts.blobs,
                       parts.moderator ? WorkerAssetServiceImpl::Unfinished::kNobodys
                                       : WorkerAssetServiceImpl::Unfinished::kTenants),
        pose_(parts.pose, parts.blobs, parts.queue.store(), callers_),
        region_(parts.region, parts.blobs, parts.queue.store(), callers_) {}

  /// Whose each call is, for further services.
  const Callers& callers() const { return callers_; }
  /// Whether any call waits for a job.
  bool IsAnyFollowed() { return followers_.IsAnyFollowed(); }
  /// For clients.
  std::vector<grpc::Service*> public_services() {
    return {&synthesis_, &jobs_, &assets_, &models_, &pose_, &region_};
  }
  /// For workers, on a listener of their own.
  std::vector<grpc::Service*> worker_services() { return {&dispatch_, &worker_assets_}; }
  /// Both, where there are no strangers.
  std::vector<grpc::Service*> services() {
    std::vector<grpc::Service*> all = public_services();
    for (grpc::Service* service : worker_services()) all.push_back(service);
    return all;
  }

 private:
  // Syntheses that are being queued or answered at once; those that wait have no thread.
  static constexpr int kCallThreads = 32;

  const Callers callers_;
  const Callers worker_callers_;
  CallMemory memory_;
  const CallSlots waiting_;
  CallThreads threads_{kCallThreads};
  JobFollowers followers_;
  SynthesisServiceImpl synthesis_;
  JobServiceImpl jobs_;
  AssetServiceImpl assets_;
  ModelServiceImpl models_;
  DispatchServiceImpl dispatch_;
  WorkerAssetServiceImpl worker_assets_;
  PoseForwarder pose_;
  RegionForwarder region_;
};

}  // namespace atelier::server
