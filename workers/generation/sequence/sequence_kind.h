// SequenceKind: jobs that paint one person in one pose after another, and join the frames to a
// film.
//
// The person is read once and every frame has the same noise. Frames that earlier attempts recorded
// are fetched for the film and not painted again.
#pragma once

#include <memory>
#include <stop_token>

#include "generation/preparation/job_kind.h"
#include "generation/preparation/job_preparer.h"
#include "generation/preparation/source_editor.h"

namespace atelier::generation {

struct SequenceJob;

class SequenceKind : public JobKind {
 public:
  /// References must outlive the kind. `receipts`: whether films tell how they were made.
  SequenceKind(JobPreparer& preparer, SourceEditor& editor, bool receipts)
      : preparer_(preparer), editor_(editor), receipts_(receipts) {}

  /// As SynthesisKind's and, with swaps, EditKind's; of the poses ReadPoseFrames()'s.
  Result<std::unique_ptr<PaintJob>> Prepare(const v1::LeasedJob& leased,
                                            std::stop_token stop) override;

 private:
  /// Gives the film of `job` the frames that earlier attempts recorded.
  Status TakeFinished(const v1::LeasedJob& leased, const JobContext& context, SequenceJob& job);

  JobPreparer& preparer_;
  SourceEditor& editor_;
  const bool receipts_;
};

}  // namespace atelier::generation
