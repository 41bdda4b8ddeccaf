// WorkerAssetService: pictures of the jobs that a worker leased, in and out.
#pragma once

#include "atelier/v1/worker_asset.grpc.pb.h"
#include "server/blobs/blob_store.h"
#include "server/dispatch/dispatcher.h"

namespace atelier::server {

class WorkerAssetServiceImpl final : public v1::WorkerAssetService::Service {
 public:
  /// Whose a finished picture is before its job is completed.
  enum class Unfinished {
    kTenants,
    /// No rows: nobody is shown it before its job names it.
    kNobodys,
  };

  /// References must outlive it.
  WorkerAssetServiceImpl(Dispatcher& dispatcher, JobQueue& queue, BlobStore& blobs,
                         Unfinished unfinished = Unfinished::kTenants)
      : dispatcher_(dispatcher), queue_(queue), blobs_(blobs), unfinished_(unfinished) {}

  grpc::Status FetchAsset(grpc::ServerContext* context, const v1::FetchAssetRequest* request,
                          grpc::ServerWriter<v1::FetchAssetResponse>* writer) override;
  grpc::Status StoreAsset(grpc::ServerContext* context,
                          grpc::ServerReader<v1::StoreAssetRequest>* reader,
                          v1::StoreAssetResponse* response) override;

 private:
  /// One finished picture, as it comes.
  struct Upload {
    std::string job;
    std::string lease;
    std::string bytes;
  };

  Result<std::string> Fetch(const v1::FetchAssetRequest& request);
  Result<Upload> Read(grpc::ServerReader<v1::StoreAssetRequest>& reader);
  Result<v1::StoreAssetResponse> Store(const Upload& upload);
  Result<std::string> Keep(const std::string& png, const std::string& tenant);

  Dispatcher& dispatcher_;
  JobQueue& queue_;
  BlobStore& blobs_;
  const Unfinished unfinished_;
};

}  // namespace atelier::server
