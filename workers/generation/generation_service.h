// GenerationService: painting without the queue, through the same executor as leased jobs.
#pragma once

#include <stop_token>

#include "atelier/v1/generation.grpc.pb.h"
#include "runtime/batch_executor.h"
#include "runtime/service/call_turn.h"
#include "runtime/service/loaded.h"

namespace atelier::generation {

class GenerationServiceImpl : public v1::GenerationService::Service {
 public:
  /// Answers UNAVAILABLE (LOADING) until Serve().
  GenerationServiceImpl() = default;
  explicit GenerationServiceImpl(runtime::BatchExecutor& executor) { Serve(executor); }

  /// `executor` must be thread-safe and outlive the service. Call once.
  void Serve(runtime::BatchExecutor& executor) { executor_.Set(executor); }

  /// New calls are refused with UNAVAILABLE; running ones end with it, at their next step at most.
  void Drain() { drain_.request_stop(); }

  grpc::Status Generate(grpc::ServerContext* context, const v1::GenerateRequest* request,
                        grpc::ServerWriter<v1::GenerateResponse>* writer) override;

 private:
  /// Calls that are worked on at once: one is painted while the next is prepared. What a prepared
  /// call holds in memory others would hold for nothing.
  static constexpr int kCallsAtOnce = 2;

  runtime::Loaded<runtime::BatchExecutor> executor_;
  runtime::TicketLock turns_{kCallsAtOnce};
  std::stop_source drain_;
};

}  // namespace atelier::generation
