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
};

class Api {
 public:
  explicit Api(const ApiParts& parts)
      : synthesis_(parts.queue, parts.admission, parts.blobs, parts.lifecycle),
        jobs_(parts.queue, parts.admission, parts.lifecycle),
        assets_(parts.blobs, parts.queue,
                parts.moderator ? AssetServiceImpl::Shown::kOwned : AssetServiceImpl::Shown::kAll),
        models_(parts.workers),
        dispatch_({parts.dispatcher, parts.workers, parts.queue, parts.blobs,
                   parts.admission.kinds(), parts.lifecycle, parts.moderator}),
        worker_assets_(parts.dispatcher, parts.queue, parts.blobs,
                       parts.moderator ? WorkerAssetServiceImpl::Unfinished::kNobodys
                                       : WorkerAssetServiceImpl::Unfinished::kTenants),
        pose_(parts.pose, parts.blobs),
        region_(parts.region, parts.blobs) {}

  std::vector<grpc::Service*> services() {
    return {&synthesis_, &jobs_, &assets_, &models_, &dispatch_, &worker_assets_, &pose_, &region_};
  }

 private:
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
