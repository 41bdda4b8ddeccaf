#include "generation/painting_executor.h"

#include <utility>

#include "generation/batch_run.h"

namespace atelier::generation {

Result<std::unique_ptr<runtime::PreparedJob>> PaintingExecutor::Prepare(const v1::LeasedJob& job,
                                                                        std::stop_token stop) {
  ATELIER_ASSIGN_OR_RETURN(JobKind * kind, kinds_.Find(job.spec().kind_case()));
  ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<PaintJob> prepared, kind->Prepare(job, std::move(stop)));
  if (!receipts_) prepared->receipt.Clear();
  return prepared;
}

void PaintingExecutor::Paint(std::span<runtime::PreparedJob* const> jobs,
                             runtime::BatchEvents& events) {
  std::vector<const PaintJob*> paint_jobs;
  for (runtime::PreparedJob* job : jobs) paint_jobs.push_back(static_cast<const PaintJob*>(job));
  const auto any_wanted = [&] {
    for (size_t job = 0; job < jobs.size(); ++job) {
      if (events.Wanted(job)) return true;
    }
    return false;
  };
  const auto take = [&] {
    if (!lock_.Acquire(any_wanted)) return false;
    events.OnDevice(true);
    return true;
  };
  const auto give = [&] {
    events.OnDevice(false);
    lock_.Release();
  };
  bool held = take();
  if (!held) {
    for (size_t job = 0; job < jobs.size(); ++job) {
      events.OnEnd(job, MakeError(Code::kCancelled, "CANCELLED", "nobody wanted the job"));
    }
    return;
  }
  // Whoever waited meanwhile paints before the next set.
  const auto yield = [&] {
    give();
    held = take();
    return held;
  };
  BatchRun(paint_jobs, events, max_pictures_, yield).Paint();
  if (held) give();
}

}  // namespace atelier::generation
