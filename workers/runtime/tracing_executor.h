// TracingExecutor: works for each job under the trace of the call that submitted it, so that log
// lines tell it and calls to other services carry it on. The job's id is its request id there.
#pragma once

#include <utility>

#include "runtime/batch_executor.h"

namespace atelier::runtime {

class TracingExecutor : public BatchExecutor {
 public:
  /// `inner` must outlive it.
  explicit TracingExecutor(BatchExecutor& inner) : inner_(inner) {}

  Status Ready(std::stop_token stop) override { return inner_.Ready(std::move(stop)); }
  Result<std::unique_ptr<PreparedJob>> Prepare(const v1::LeasedJob& job,
                                               std::stop_token stop) override;
  /// A batch is of many traces and belongs to none.
  void Paint(std::span<PreparedJob* const> jobs, BatchEvents& events) override;

 private:
  BatchExecutor& inner_;
};

}  // namespace atelier::runtime
