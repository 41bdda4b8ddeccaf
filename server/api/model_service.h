// ModelService over the worker registry.
#pragma once

#include "atelier/v1/model.grpc.pb.h"
#include "server/api/callers.h"
#include "server/dispatch/worker_registry.h"

namespace atelier::server {

class ModelServiceImpl final : public v1::ModelService::Service {
 public:
  /// Both must outlive it.
  ModelServiceImpl(WorkerRegistry& workers, const Callers& callers)
      : workers_(workers), callers_(callers) {}

  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* response) override {
    if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
    for (const v1::Model& model : workers_.LiveModels()) *response->add_models() = model;
    return grpc::Status::OK;
  }

 private:
  WorkerRegistry& workers_;
  const Callers& callers_;
};

}  // namespace atelier::server
