#include "generation/painting_executor.h"

#include "generation/batch_run.h"

namespace atelier::generation {

Result<std::unique_ptr<runtime::PreparedJob>> PaintingExecutor::Prepare(const v1::LeasedJob& job,
                                                                        std::stop_token stop) {
  if (!job.spec().has_synthesis()) {
    return MakeError(Code::kUnimplemented, "UNKNOWN_SPEC",
                     "this worker does not know how to run the job's spec");
  }
  ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<PaintJob> prepared,
                           preparer_.Prepare(job.spec().synthesis(), stop));
  return prepared;
}

void PaintingExecutor::Paint(std::span<runtime::PreparedJob* const> jobs,
                             runtime::BatchEvents& events) {
  std::vector<const PaintJob*> paint_jobs;
  for (runtime::PreparedJob* job : jobs) paint_jobs.push_back(static_cast<const PaintJob*>(job));
  std::lock_guard turn(turn_);
  BatchRun(paint_jobs, events, max_pictures_).Paint();
}

}  // namespace atelier::generation
