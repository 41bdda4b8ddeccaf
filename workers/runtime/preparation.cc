#include "runtime/preparation.h"

#include <utility>

#include "warnings/strict.h"

namespace atelier::runtime {

Preparation PrepareJob(BatchExecutor& executor, const v1::LeasedJob& job, std::stop_token stop) {
  Preparation preparation;
  Result<std::unique_ptr<PreparedJob>> prepared = executor.Prepare(job, std::move(stop));
  if (!prepared) {
    preparation.status = Propagate(prepared.error());
    return preparation;
  }
  preparation.warnings = (*prepared)->warnings;
  preparation.status = CheckAccepted(job.spec().strict(), preparation.warnings);
  if (preparation.status) preparation.job = *std::move(prepared);
  return preparation;
}

}  // namespace atelier::runtime
