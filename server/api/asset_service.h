// AssetService over the blob store.
#pragma once

#include "atelier/v1/asset.grpc.pb.h"
#include "server/api/callers.h"
#include "server/blobs/blob_store.h"
#include "server/calls/call_memory.h"
#include "server/calls/call_slots.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

class AssetServiceImpl final : public v1::AssetService::Service {
 public:
  /// Which pictures are shown to callers who see every tenant's.
  enum class Shown {
    kAll,
    /// Only those that are somebody's: uploads, and results that were allowed to leave.
    kOwned,
  };

  /// References must outlive it.
  AssetServiceImpl(BlobStore& blobs, JobQueue& queue, const Callers& callers,
                   Shown shown = Shown::kAll)
      : blobs_(blobs), queue_(queue), callers_(callers), shown_(shown) {}

  grpc::Status UploadAsset(grpc::ServerContext* context,
                           grpc::ServerReader<v1::UploadAssetRequest>* reader,
                           v1::Asset* response) override;
  grpc::Status DownloadAsset(grpc::ServerContext* context, const v1::DownloadAssetRequest* request,
                             grpc::ServerWriter<v1::DownloadAssetResponse>* writer) override;
  grpc::Status GetAsset(grpc::ServerContext* context, const v1::GetAssetRequest* request,
                        v1::Asset* response) override;
  grpc::Status ListAssets(grpc::ServerContext* context, const v1::ListAssetsRequest* request,
                          v1::ListAssetsResponse* response) override;
  grpc::Status DeleteAsset(grpc::ServerContext* context, const v1::DeleteAssetRequest* request,
                           v1::DeleteAssetResponse* response) override;

 private:
  // A picture that the caller sees.
  struct Seen {
    std::string digest;
    /// When the caller's tenant stored it; 0 for a caller who sees every tenant's.
    int64_t create_time_ms = 0;
  };

  // NOT_FOUND / ASSET_NOT_FOUND for a picture that the caller does not see.
  Result<Seen> Find(const std::string& name, const Caller& caller);
  Result<v1::Asset> Describe(const std::string& name, const Caller& caller);
  Result<std::string> Download(const grpc::ServerContext& context, const std::string& name);
  Status Delete(const std::string& name, const Caller& caller);

  Status List(const v1::ListAssetsRequest& request, const Caller& caller,
              v1::ListAssetsResponse& response);
  // The places of one more picture than `size` after `after` that the caller may see.
  Result<std::vector<BlobPlace>> Places(int size, const BlobPlace& after, const Caller& caller);

  BlobStore& blobs_;
  JobQueue& queue_;
  const Callers& callers_;
  const Shown shown_;
  // They last as long as their clients' links are slow, and each has a thread.
  static constexpr int kMaxStreams = 96;
  CallMemory memory_{int64_t{256} << 20};
  const CallSlots streams_{kMaxStreams, kTooManyCallsReason, "uploads and downloads"};
};

}  // namespace atelier::server
