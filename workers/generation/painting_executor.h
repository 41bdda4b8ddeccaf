// PaintingExecutor: runtime::BatchExecutor over the engine. Thread-safe: preparation runs beside
// painting, painting takes turns, first come first
// served, whoever asks (the lease loop or GenerationService).
#pragma once

#include "generation/job_preparer.h"
#include "generation/turns.h"
#include "runtime/batch_executor.h"

namespace atelier::generation {

class PaintingExecutor : public runtime::BatchExecutor {
 public:
  /// At most `max_pictures` are painted together. `preparer` must outlive the executor.
  PaintingExecutor(JobPreparer& preparer, int max_pictures)
      : preparer_(preparer), max_pictures_(max_pictures) {}

  /// UNIMPLEMENTED for a spec that is no synthesis; else as JobPreparer::Prepare().
  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                        std::stop_token stop) override;
  /// Jobs that nobody wants any more while they wait for their turn are CANCELLED at once.
  void Paint(std::span<runtime::PreparedJob* const> jobs, runtime::BatchEvents& events) override;

 private:
  JobPreparer& preparer_;
  const int max_pictures_;
  Turns turns_;
};

}  // namespace atelier::generation
