// MetricsExecutor: counts what another executor does: preparation, batch sizes, step times.
#pragma once

#include <utility>

#include "runtime/batch_executor.h"
#include "telemetry/metrics.h"

namespace atelier::runtime {

class MetricsExecutor : public BatchExecutor {
 public:
  /// References must outlive it.
  MetricsExecutor(BatchExecutor& inner, telemetry::Metrics& metrics)
      : inner_(inner), metrics_(metrics) {}

  Status Ready(std::stop_token stop) override { return inner_.Ready(std::move(stop)); }
  Result<std::unique_ptr<PreparedJob>> Prepare(const v1::LeasedJob& job,
                                               std::stop_token stop) override;
  void Paint(std::span<PreparedJob* const> jobs, BatchEvents& events) override;

 private:
  BatchExecutor& inner_;
  telemetry::Metrics& metrics_;
};

}  // namespace atelier::runtime
