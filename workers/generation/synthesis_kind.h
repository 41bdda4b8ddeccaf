// SynthesisKind: jobs that paint one person in one pose, from one or several seeds.
#pragma once

#include <memory>
#include <stop_token>

#include "atelier/v1/generation.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "generation/preparation/job_kind.h"
#include "generation/preparation/job_preparer.h"

namespace atelier::generation {

class SynthesisKind : public JobKind {
 public:
  /// `preparer` must outlive the kind.
  explicit SynthesisKind(JobPreparer& preparer) : preparer_(preparer) {}

  /// INVALID_ARGUMENT; NOT_FOUND (model, asset); FAILED_PRECONDITION: NO_PERSON, NO_FACE,
  /// NO_FACE_EMBEDDING, TEXTURE_SIZE, IUV_CHART; UNAVAILABLE, DEADLINE_EXCEEDED.
  Result<std::unique_ptr<PaintJob>> Prepare(const v1::LeasedJob& leased,
                                            std::stop_token stop) override;

 private:
  JobPreparer& preparer_;
};

/// A direct call's request as the spec of a job. A seed is drawn where there is none.
v1::JobSpec JobSpecOf(const v1::GenerateRequest& request);

/// A direct call has no server to fetch assets from: INVALID_ARGUMENT names the first picture of
/// the request that does not come by value.
Status RequirePicturesByValue(const v1::GenerateRequest& request);

}  // namespace atelier::generation
