// ServedBackend: a Backend behind gRPC on a free port, with a stub of each service.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rpc/server.h"
#include "server/api/api.h"
#include "unit/server/backend.h"

namespace atelier::server {

struct ServedBackend : Backend {
  explicit ServedBackend(JobQueue::Options options = {},
                         const Admission::Options& admission_options = {},
                         int max_waiting_calls = 10000)
      : Backend(options, admission_options),
        api({queue, admission, dispatcher, workers, *blobs, lifecycle, rpc::Connect("127.0.0.1:1"),
             rpc::Connect("127.0.0.1:1"), admission_options.moderator.get(), nullptr,
             max_waiting_calls}),
        server(*rpc::Server::Start({}, api.services())),
        channel(rpc::Connect("127.0.0.1:" + std::to_string(server->port()))),
        synthesis(v1::SynthesisService::NewStub(channel)),
        jobs(v1::JobService::NewStub(channel)),
        assets(v1::AssetService::NewStub(channel)),
        models(v1::ModelService::NewStub(channel)),
        dispatch(v1::DispatchService::NewStub(channel)),
        worker_assets(v1::WorkerAssetService::NewStub(channel)) {}

  /// Stores a finished picture of a leased job, in messages of `chunk_bytes`.
  grpc::Status StoreResult(const std::string& job, const std::string& lease,
                           const std::string& bytes, v1::StoreAssetResponse* response,
                           size_t chunk_bytes = 1 << 20) {
    grpc::ClientContext context;
    const auto writer = worker_assets->StoreAsset(&context, response);
    v1::StoreAssetRequest request;
    request.set_job(job);
    request.set_lease(lease);
    for (size_t at = 0; at < bytes.size(); at += chunk_bytes) {
      request.set_chunk(bytes.substr(at, chunk_bytes));
      if (!writer->Write(request)) break;
      request.Clear();
    }
    writer->WritesDone();
    return writer->Finish();
  }
  /// Stores the pictures and completes the job with them.
  grpc::Status CompleteWith(const std::string& job, const std::string& lease,
                            const std::vector<std::string>& pictures, uint64_t seed = 0,
                            const WarningMessages& warnings = {}) {
    v1::CompleteJobRequest request;
    request.set_job(job);
    request.set_lease(lease);
    *request.mutable_warnings() = warnings;
    for (const std::string& picture : pictures) {
      v1::StoreAssetResponse stored;
      if (grpc::Status status = StoreResult(job, lease, picture, &stored); !status.ok()) {
        return status;
      }
      v1::JobResult* result = request.add_results();
      result->set_asset(stored.asset());
      result->set_seed(seed++);
    }
    grpc::ClientContext context;
    v1::CompleteJobResponse response;
    return dispatch->CompleteJob(&context, request, &response);
  }

  Lifecycle lifecycle;
  Api api;
  std::unique_ptr<rpc::Server> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::SynthesisService::Stub> synthesis;
  std::unique_ptr<v1::JobService::Stub> jobs;
  std::unique_ptr<v1::AssetService::Stub> assets;
  std::unique_ptr<v1::ModelService::Stub> models;
  std::unique_ptr<v1::DispatchService::Stub> dispatch;
  std::unique_ptr<v1::WorkerAssetService::Stub> worker_assets;
};

}  // namespace atelier::server
