// ModelService over the worker registry.
#pragma once

#include "atelier/v1/model.grpc.pb.h"
#include "server/api/reply.h"
#include "server/dispatch/worker_registry.h"

namespace atelier::server {

class ModelServiceImpl final : public v1::ModelService::Service {
 public:
  explicit ModelServiceImpl(WorkerRegistry& workers) : workers_(workers) {}

  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* response) override {
    if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
    for (const v1::Model& model : workers_.LiveModels()) *response->add_models() = model;
    return grpc::Status::OK;
  }

 private:
  WorkerRegistry& workers_;
};

}  // namespace atelier::server
