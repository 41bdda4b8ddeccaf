// PoseService and RegionService of the public API: they check the picture, put an asset's bytes in
// place of its name, and hand the call to the worker that knows how.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "atelier/v1/pose.grpc.pb.h"
#include "atelier/v1/region.grpc.pb.h"
#include "server/api/callers.h"
#include "server/blobs/blob_store.h"
#include "server/calls/call_memory.h"
#include "server/calls/call_slots.h"
#include "server/store/job_store.h"

namespace atelier::server {

/// The pictures that callers may name.
struct StoredPictures {
  BlobStore& blobs;
  JobStore& store;
  const Callers& callers;
};

/// Calls that are forwarded to one service at once. They may last, and each has a thread: one more
/// is refused, so that the others of the server find one.
inline constexpr int kMaxForwards = 48;

class PoseForwarder final : public v1::PoseService::Service {
 public:
  /// References must outlive it.
  PoseForwarder(std::shared_ptr<grpc::Channel> channel, BlobStore& blobs, JobStore& store,
                const Callers& callers)
      : stub_(v1::PoseService::NewStub(std::move(channel))), pictures_{blobs, store, callers} {}

  grpc::Status EstimatePose(grpc::ServerContext* context, const v1::EstimatePoseRequest* request,
                            v1::EstimatePoseResponse* response) override;

 private:
  const std::unique_ptr<v1::PoseService::StubInterface> stub_;
  const StoredPictures pictures_;
  CallMemory memory_{int64_t{256} << 20};
  const CallSlots slots_{kMaxForwards, kTooManyCallsReason, "calls of the pose service"};
};

class RegionForwarder final : public v1::RegionService::Service {
 public:
  /// References must outlive it.
  RegionForwarder(std::shared_ptr<grpc::Channel> channel, BlobStore& blobs, JobStore& store,
                  const Callers& callers)
      : stub_(v1::RegionService::NewStub(std::move(channel))), pictures_{blobs, store, callers} {}

  grpc::Status ExtractRegions(grpc::ServerContext* context,
                              const v1::ExtractRegionsRequest* request,
                              v1::ExtractRegionsResponse* response) override;
  grpc::Status DescribeRegions(grpc::ServerContext* context,
                               const v1::DescribeRegionsRequest* request,
                               v1::DescribeRegionsResponse* response) override;
  grpc::Status ComposeTexture(grpc::ServerContext* context,
                              const v1::ComposeTextureRequest* request,
                              v1::ComposeTextureResponse* response) override;

 private:
  const std::unique_ptr<v1::RegionService::StubInterface> stub_;
  const StoredPictures pictures_;
  CallMemory memory_{int64_t{256} << 20};
  const CallSlots slots_{kMaxForwards, kTooManyCallsReason, "calls of the region service"};
};

}  // namespace atelier::server
