// PaintingExecutor: runtime::BatchExecutor over the engine, for jobs of every kind. Thread-safe:
// preparation runs beside painting; callers (the lease loop, GenerationService) paint one after the
// other, first come first served. A batch of more pictures than are painted together gives the
// others a turn between.
#pragma once

#include "generation/job_kinds.h"
#include "runtime/batch_executor.h"
#include "runtime/service/ticket_lock.h"

namespace atelier::generation {

class PaintingExecutor : public runtime::BatchExecutor {
 public:
  /// At most `max_pictures` are painted together. `receipts`: whether results tell how they were
  /// made. `kinds` must outlive the executor.
  PaintingExecutor(const JobKinds& kinds, int max_pictures, bool receipts = true)
      : kinds_(kinds), max_pictures_(max_pictures), receipts_(receipts) {}

  /// UNIMPLEMENTED for a spec of a kind that this worker does not paint; else as the kind's
  /// JobKind::Prepare().
  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                        std::stop_token stop) override;
  /// Jobs that are no longer wanted while they wait are CANCELLED at once.
  void Paint(std::span<runtime::PreparedJob* const> jobs, runtime::BatchEvents& events) override;

 private:
  const JobKinds& kinds_;
  const int max_pictures_;
  const bool receipts_;
  runtime::TicketLock lock_;
};

}  // namespace atelier::generation
