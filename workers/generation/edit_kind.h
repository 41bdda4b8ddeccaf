// EditKind: jobs that swap regions of a person's picture.
//
// In the base's own pose everything is done while the job is prepared: pixels are carried and
// nothing is painted. In another pose the edited picture becomes the source of a synthesis.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "edit/apply_swaps.h"
#include "generation/conditions/subject_reader.h"
#include "generation/preparation/job_kind.h"
#include "generation/preparation/job_preparer.h"
#include "generation/preparation/source_editor.h"

namespace atelier::generation {

struct EditOptions {
  /// Null: edits are refused (NO_BODY).
  std::shared_ptr<const edit::Parser> parser;
  /// Whether edits that bare what both pictures cover are refused (NUDITY_RISK).
  bool checks_nudity = true;
};

class EditKind : public JobKind, public SourceEditor {
 public:
  /// `preparer` and `synthesis`, the kind that paints edits in other poses, must outlive this.
  EditKind(JobPreparer& preparer, JobKind& synthesis, EditOptions options);

  /// INVALID_ARGUMENT; NOT_FOUND (model, asset); FAILED_PRECONDITION: NO_PERSON, NOT_FITTED,
  /// BASE_WITHOUT_REGION, DONOR_WITHOUT_REGION, GARMENT_NOT_FOUND, NUDITY_RISK, and as
  /// SynthesisKind's in another pose; UNIMPLEMENTED (REGION_NOT_SWAPPABLE); UNAVAILABLE,
  /// DEADLINE_EXCEEDED.
  Result<std::unique_ptr<PaintJob>> Prepare(const v1::LeasedJob& leased,
                                            std::stop_token stop) override;

  Result<EditedSource> EditSource(const v1::EditSpec& spec, const std::string& base_field,
                                  const JobContext& job) override;

 private:
  /// The spec's swaps applied to its base, whose field is `base_field`.
  Result<edit::EditOutcome> Apply(const v1::EditSpec& spec, const std::string& base_field,
                                  const JobContext& job);
  Result<std::vector<edit::SwapStep>> ReadSwaps(const v1::EditSpec& spec, const JobContext& job);
  Result<edit::SwapSource> ReadSource(const v1::RegionSwap& swap, const std::string& field,
                                      const JobContext& job);
  Result<Image> ReadPicture(const v1::Picture& picture, const std::string& field, int longest,
                            const JobContext& job);
  /// The result in the base's own pose, of the size that the spec asks for.
  Result<Image> InOwnPose(const v1::EditSpec& spec, const edit::EditOutcome& outcome,
                          const JobContext& job);
  /// The result in the spec's pose, or painted anew in its own.
  Result<std::unique_ptr<PaintJob>> InOtherPose(const v1::LeasedJob& leased, const Image& edited,
                                                std::stop_token stop);

  JobPreparer& preparer_;
  JobKind& synthesis_;
  const EditOptions options_;
  SubjectReader subjects_;
};

}  // namespace atelier::generation
