// ServedBackend: a Backend behind gRPC on a free port, with a stub of each service.
#pragma once

#include <memory>
#include <string>

#include "rpc/server.h"
#include "server/api/api.h"
#include "unit/server/backend.h"

namespace atelier::server {

struct ServedBackend : Backend {
  explicit ServedBackend(JobQueue::Options options = {})
      : Backend(options),
        api({queue, admission, dispatcher, workers, *blobs, lifecycle, rpc::Connect("127.0.0.1:1"),
             rpc::Connect("127.0.0.1:1")}),
        server(*rpc::Server::Start({}, api.services())),
        channel(rpc::Connect("127.0.0.1:" + std::to_string(server->port()))),
        synthesis(v1::SynthesisService::NewStub(channel)),
        jobs(v1::JobService::NewStub(channel)),
        assets(v1::AssetService::NewStub(channel)),
        models(v1::ModelService::NewStub(channel)),
        dispatch(v1::DispatchService::NewStub(channel)) {}

  Lifecycle lifecycle;
  Api api;
  std::unique_ptr<rpc::Server> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::SynthesisService::Stub> synthesis;
  std::unique_ptr<v1::JobService::Stub> jobs;
  std::unique_ptr<v1::AssetService::Stub> assets;
  std::unique_ptr<v1::ModelService::Stub> models;
  std::unique_ptr<v1::DispatchService::Stub> dispatch;
};

}  // namespace atelier::server
