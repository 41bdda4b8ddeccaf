#include "generation/painting_executor.h"

#include <algorithm>
#include <iterator>

#include "generation/batch_run.h"
#include "warnings/spec_warnings.h"

namespace atelier::generation {

Result<std::unique_ptr<runtime::PreparedJob>> PaintingExecutor::Prepare(const v1::LeasedJob& job,
                                                                        std::stop_token stop) {
  if (!job.spec().has_synthesis()) {
    return MakeError(Code::kUnimplemented, "UNKNOWN_SPEC",
                     "this worker does not know how to run the job's spec");
  }
  ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<PaintJob> prepared,
                           preparer_.Prepare(job.spec().synthesis(), stop,
                                             {job.job(), job.lease()}));
  // The server may not have known the model when the job was queued, and direct calls come here
  // first.
  const v1::Model model = DescribeModel(prepared->painter->info());
  std::ranges::copy(WarningsOfSpec(job.spec(), model), std::back_inserter(prepared->warnings));
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
  if (!turns_.Take(any_wanted)) {
    for (size_t job = 0; job < jobs.size(); ++job) {
      events.OnEnd(job, MakeError(Code::kCancelled, "CANCELLED", "nobody wanted the job"));
    }
    return;
  }
  BatchRun(paint_jobs, events, max_pictures_).Paint();
  turns_.Give();
}

}  // namespace atelier::generation
