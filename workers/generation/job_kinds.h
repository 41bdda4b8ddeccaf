// JobKinds: the kinds of jobs that this worker paints, by the case of JobSpec.kind. Filled at
// start, then read alone: thread-safe.
#pragma once

#include <map>
#include <memory>

#include "generation/edit_kind.h"
#include "generation/preparation/job_kind.h"
#include "generation/preparation/job_preparer.h"

namespace atelier::generation {

class JobKinds {
 public:
  /// Replaces a kind of the same case.
  void Add(v1::JobSpec::KindCase kind_case, std::unique_ptr<JobKind> kind);

  /// UNIMPLEMENTED (UNKNOWN_SPEC) for a case that nothing was added for.
  Result<JobKind*> Find(v1::JobSpec::KindCase kind_case) const;

 private:
  std::map<v1::JobSpec::KindCase, std::unique_ptr<JobKind>> by_case_;
};

/// Every kind that workers paint. `preparer` must outlive them. `receipts`: whether results tell
/// how they were made.
JobKinds MakeJobKinds(JobPreparer& preparer, EditOptions edits = {}, bool receipts = true);

}  // namespace atelier::generation
