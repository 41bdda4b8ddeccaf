// AssetService over the blob store.
#pragma once

#include "atelier/v1/asset.grpc.pb.h"
#include "server/blobs/blob_store.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

class AssetServiceImpl final : public v1::AssetService::Service {
 public:
  /// Which pictures are shown.
  enum class Shown {
    kAll,
    /// Only those that are somebody's: uploads, and results that were allowed to leave.
    kOwned,
  };

  AssetServiceImpl(BlobStore& blobs, JobQueue& queue, Shown shown = Shown::kAll)
      : blobs_(blobs), queue_(queue), shown_(shown) {}

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
  // The digest of a picture that is shown. NOT_FOUND / ASSET_NOT_FOUND for any other.
  Result<std::string> DigestOfShown(const std::string& name);
  Result<v1::Asset> Describe(const std::string& name);

  Status List(const v1::ListAssetsRequest& request, v1::ListAssetsResponse& response);

  BlobStore& blobs_;
  JobQueue& queue_;
  const Shown shown_;
};

}  // namespace atelier::server
