// ExternalScaler: what KEDA asks to scale the painting workers of a cluster, in seconds of work
// that waits for a model. Thread-safe.
#pragma once

#include <chrono>

#include "externalscaler/externalscaler.grpc.pb.h"
#include "server/api/callers.h"
#include "server/calls/call_slots.h"
#include "server/jobs/job_queue.h"
#include "server/jobs/lifecycle.h"

namespace atelier::server {

class ExternalScaler final : public externalscaler::ExternalScaler::Service {
 public:
  /// References must outlive it.
  ExternalScaler(JobQueue& queue, const Lifecycle& lifecycle, const Callers& callers)
      : queue_(queue), lifecycle_(lifecycle), callers_(callers) {}

  grpc::Status IsActive(grpc::ServerContext* context,
                        const externalscaler::ScaledObjectRef* request,
                        externalscaler::IsActiveResponse* response) override;
  grpc::Status StreamIsActive(
      grpc::ServerContext* context, const externalscaler::ScaledObjectRef* request,
      grpc::ServerWriter<externalscaler::IsActiveResponse>* writer) override;
  grpc::Status GetMetricSpec(grpc::ServerContext* context,
                             const externalscaler::ScaledObjectRef* request,
                             externalscaler::GetMetricSpecResponse* response) override;
  grpc::Status GetMetrics(grpc::ServerContext* context,
                          const externalscaler::GetMetricsRequest* request,
                          externalscaler::GetMetricsResponse* response) override;

 private:
  // Each has a thread; a cluster has one for each group of workers.
  static constexpr int kMaxStreams = 16;
  // How late a stream may tell that the last job ended, or see that its caller left. That one came
  // is told at once.
  static constexpr std::chrono::milliseconds kLookAgain{1000};

  JobQueue& queue_;
  const Lifecycle& lifecycle_;
  const Callers& callers_;
  const CallSlots streams_{kMaxStreams, kTooManyCallsReason, "streams for scaling"};
};

}  // namespace atelier::server
