#include "generation/job_kinds.h"

#include <utility>

#include "generation/sequence/sequence_kind.h"
#include "generation/synthesis_kind.h"

namespace atelier::generation {

void JobKinds::Add(v1::JobSpec::KindCase kind_case, std::unique_ptr<JobKind> kind) {
  by_case_[kind_case] = std::move(kind);
}

Result<JobKind*> JobKinds::Find(v1::JobSpec::KindCase kind_case) const {
  const auto found = by_case_.find(kind_case);
  if (found != by_case_.end()) return found->second.get();
  return MakeError(Code::kUnimplemented, "UNKNOWN_SPEC",
                   "this worker does not know how to run the job's spec");
}

JobKinds MakeJobKinds(JobPreparer& preparer, EditOptions edits, bool receipts) {
  JobKinds kinds;
  auto synthesis = std::make_unique<SynthesisKind>(preparer);
  auto edit = std::make_unique<EditKind>(preparer, *synthesis, std::move(edits));
  kinds.Add(v1::JobSpec::kSequence, std::make_unique<SequenceKind>(preparer, *edit, receipts));
  kinds.Add(v1::JobSpec::kSynthesis, std::move(synthesis));
  kinds.Add(v1::JobSpec::kEdit, std::move(edit));
  return kinds;
}

}  // namespace atelier::generation
