// AssetService over the blob store.
#pragma once

#include "atelier/v1/asset.grpc.pb.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

class AssetServiceImpl final : public v1::AssetService::Service {
 public:
  explicit AssetServiceImpl(BlobStore& blobs) : blobs_(blobs) {}

  grpc::Status UploadAsset(grpc::ServerContext* context,
                           grpc::ServerReader<v1::UploadAssetRequest>* reader,
                           v1::Asset* response) override;
  grpc::Status DownloadAsset(grpc::ServerContext* context, const v1::DownloadAssetRequest* request,
                             grpc::ServerWriter<v1::DownloadAssetResponse>* writer) override;
  grpc::Status GetAsset(grpc::ServerContext* context, const v1::GetAssetRequest* request,
                        v1::Asset* response) override;

 private:
  Result<v1::Asset> Describe(const std::string& name);

  BlobStore& blobs_;
};

}  // namespace atelier::server
