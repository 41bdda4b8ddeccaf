// GenerationService: painting without the queue, through the same executor as leased jobs.
#pragma once

#include <stop_token>

#include "atelier/v1/generation.grpc.pb.h"
#include "runtime/batch_executor.h"

namespace atelier::generation {

class GenerationServiceImpl : public v1::GenerationService::Service {
 public:
  /// `executor` must be thread-safe and outlive the service.
  explicit GenerationServiceImpl(runtime::BatchExecutor& executor) : executor_(executor) {}

  /// New calls are refused with UNAVAILABLE; running ones end with it, at their next step at most.
  void Drain() { drain_.request_stop(); }

  grpc::Status Generate(grpc::ServerContext* context, const v1::GenerateRequest* request,
                        grpc::ServerWriter<v1::GenerateResponse>* writer) override;

 private:
  runtime::BatchExecutor& executor_;
  std::stop_source drain_;
};

}  // namespace atelier::generation
