// JobKind: what one kind of JobSpec means to this worker: from the spec to what is painted.
// Leasing, batching and painting are the same for all kinds and know none of them.
//
// To add a kind, write its JobKind in files of its own and add a line to MakeJobKinds()
// (job_kinds.cc). Thread-safe.
#pragma once

#include <memory>
#include <stop_token>

#include "atelier/v1/dispatch.pb.h"
#include "base/result.h"
#include "generation/preparation/paint_job.h"

namespace atelier::generation {

class JobKind {
 public:
  virtual ~JobKind() = default;

  /// Checks the job's spec, fetches its pictures under its lease and makes the conditions that its
  /// model reads. Fills in the job's painter, conditions, seeds, options and warnings. Errors name
  /// the offending field inside the spec's kind, e.g. "source". Ends early, with any error, once
  /// `stop` is requested. REQUIRES: the spec is of this kind.
  virtual Result<std::unique_ptr<PaintJob>> Prepare(const v1::LeasedJob& leased,
                                                    std::stop_token stop) = 0;
};

}  // namespace atelier::generation
