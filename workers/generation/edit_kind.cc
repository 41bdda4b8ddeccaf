#include "generation/edit_kind.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "edit/flat/flat_garment.h"
#include "edit/nudity.h"
#include "generation/preparation/painter_set.h"
#include "generation/preparation/receipt.h"
#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "limits/limits.h"
#include "warnings/spec_warnings.h"

namespace atelier::generation {
namespace {

/// Below this overlap of body and person, what is carried is carried to wrong places.
constexpr double kGoodFit = .8;

struct EditJob : public PaintJob {
  Image result;

  Image Finish(size_t /*index*/, Image /*painting*/) const override { return result; }
};

edit::Region RegionOf(const v1::RegionName& name) {
  if (name.has_part()) return {.part = name.part()};
  return {.kind = static_cast<edit::RegionKind>(name.region())};
}

bool NeedsFace(const v1::RegionName& name) {
  return name.region() == v1::BODY_REGION_FACE || name.region() == v1::BODY_REGION_HEAD ||
         name.region() == v1::BODY_REGION_WHOLE_TEXTURE;
}

bool NeedsFace(const v1::EditSpec& spec) {
  return std::ranges::any_of(spec.swaps(),
                             [](const v1::RegionSwap& swap) { return NeedsFace(swap.region()); });
}

/// The base is repainted, even in its own pose.
bool Repaints(const v1::EditSpec& spec) {
  const bool keeps_rest = !spec.has_keep_rest() || spec.keep_rest();
  return spec.target_case() != v1::EditSpec::TARGET_NOT_SET || !keeps_rest;
}

std::string SourceName(const v1::RegionSwap& swap) {
  switch (swap.source_case()) {
    case v1::RegionSwap::kPerson:
      return "person";
    case v1::RegionSwap::kGarment:
      return "garment";
    case v1::RegionSwap::kColour:
      return "colour";
    case v1::RegionSwap::kPattern:
      return "pattern";
    case v1::RegionSwap::kBackground:
      return "background";
    case v1::RegionSwap::kTransparent:
      return "transparent";
    case v1::RegionSwap::SOURCE_NOT_SET:
      break;
  }
  return "nothing";
}

/// A swap as receipts tell it.
std::string SwapText(const v1::RegionSwap& swap, int index) {
  return edit::NameOf(RegionOf(swap.region())) + " from swaps[" + std::to_string(index) + "]." +
         SourceName(swap);
}

v1::Receipt ReceiptOf(const v1::EditSpec& spec) {
  v1::Receipt receipt = BeginReceipt(spec);
  for (int i = 0; i < spec.swaps_size(); ++i) receipt.add_swaps(SwapText(spec.swaps(i), i));
  receipt.set_parser(std::string(edit::kParserName));
  receipt.set_digital_source_type(kCompositeMedia);
  receipt.set_seed(spec.seed());
  return receipt;
}

void AddMisfit(const ReadSubject& read, const std::string& field, std::vector<Warning>& warnings) {
  if (read.mask_iou >= kGoodFit) return;
  warnings.push_back({"BODY_MISFIT", field,
                      "the fitted body covers the person badly: what is carried comes from the "
                      "wrong places, or goes there",
                      read.mask_iou, kGoodFit});
}

/// Features that no network finds are somebody's whose body was fitted the wrong way round, or
/// nobody's: a mask, a helmet.
Status RequireFace(const ReadSubject& read, const char* reason, const std::string& field) {
  if (read.subject.face) return {};
  return MakeError(Code::kFailedPrecondition, reason,
                   field +
                       ": no face is found in the picture; take one that shows it from the "
                       "front, larger, and uncovered");
}

}  // namespace

EditKind::EditKind(JobPreparer& preparer, JobKind& synthesis, EditOptions options)
    : preparer_(preparer),
      synthesis_(synthesis),
      options_(std::move(options)),
      subjects_(preparer.MakeSubjectReader(options_.parser.get())) {}

Result<std::unique_ptr<PaintJob>> EditKind::Prepare(const v1::LeasedJob& leased,
                                                    std::stop_token stop) {
  const v1::EditSpec& spec = leased.spec().edit();
  ATELIER_RETURN_IF_ERROR(CheckLimits(spec));
  ATELIER_ASSIGN_OR_RETURN(engine::Painter* const painter, preparer_.painters().Find(spec.model()));
  auto job = std::make_unique<EditJob>();
  const JobContext context{painter->info(), stop, job->warnings, {leased.job(), leased.lease()}};
  ATELIER_ASSIGN_OR_RETURN(edit::EditOutcome outcome, Apply(spec, "base", context));
  if (Repaints(spec)) {
    ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<PaintJob> painted,
                             InOtherPose(leased, outcome.picture, std::move(stop)));
    painted->warnings.insert(painted->warnings.begin(), job->warnings.begin(), job->warnings.end());
    v1::Receipt receipt = ReceiptOf(spec);
    AddPainting(*painted, preparer_.painters(), receipt);
    receipt.set_digital_source_type(kCompositeMedia);
    painted->receipt = std::move(receipt);
    return painted;
  }
  ATELIER_ASSIGN_OR_RETURN(job->result, InOwnPose(spec, outcome, context));
  job->paints = false;
  job->painter = painter;
  const int count = spec.has_variations() ? spec.variations() : 1;
  for (int i = 0; i < count; ++i) job->seeds.push_back(spec.seed() + static_cast<uint64_t>(i));
  job->receipt = ReceiptOf(spec);
  return job;
}

Result<edit::EditOutcome> EditKind::Apply(const v1::EditSpec& spec, const std::string& base_field,
                                          const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const auto base,
                           subjects_.Read({.picture = spec.base(),
                                           .field = base_field,
                                           .reading = {spec.base_estimator(), spec.base_person()},
                                           .wants_face = NeedsFace(spec)},
                                          job));
  AddMisfit(*base, base_field, job.warnings);
  const bool swaps_face = std::ranges::any_of(spec.swaps(), [](const v1::RegionSwap& swap) {
    return swap.region().region() == v1::BODY_REGION_FACE;
  });
  if (swaps_face) ATELIER_RETURN_IF_ERROR(RequireFace(*base, "BASE_WITHOUT_REGION", base_field));
  ATELIER_ASSIGN_OR_RETURN(const std::vector<edit::SwapStep> steps, ReadSwaps(spec, job));
  ATELIER_ASSIGN_OR_RETURN(edit::EditOutcome outcome,
                           edit::ApplySwaps(*subjects_.body(), base->subject, steps));
  std::ranges::move(outcome.warnings, std::back_inserter(job.warnings));
  if (options_.checks_nudity) {
    ATELIER_RETURN_IF_ERROR(
        edit::CheckNudity(*subjects_.body(), base->subject, steps, outcome.subject));
  }
  return outcome;
}

Result<EditedSource> EditKind::EditSource(const v1::EditSpec& spec, const std::string& base_field,
                                          const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(edit::EditOutcome outcome, Apply(spec, base_field, job));
  EditedSource edited{std::move(outcome.picture)};
  for (int i = 0; i < spec.swaps_size(); ++i) edited.swaps.push_back(SwapText(spec.swaps(i), i));
  edited.parser = std::string(edit::kParserName);
  return edited;
}

Result<std::vector<edit::SwapStep>> EditKind::ReadSwaps(const v1::EditSpec& spec,
                                                        const JobContext& job) {
  std::vector<edit::SwapStep> steps;
  for (int i = 0; i < spec.swaps_size(); ++i) {
    const v1::RegionSwap& swap = spec.swaps(i);
    const std::string field = "swaps[" + std::to_string(i) + "]";
    ATELIER_ASSIGN_OR_RETURN(edit::SwapSource source, ReadSource(swap, field, job));
    steps.push_back({RegionOf(swap.region()), std::move(source),
                     swap.has_strength() ? swap.strength() : 1, field});
  }
  return steps;
}

Result<edit::SwapSource> EditKind::ReadSource(const v1::RegionSwap& swap, const std::string& field,
                                              const JobContext& job) {
  switch (swap.source_case()) {
    case v1::RegionSwap::kPerson: {
      const std::string path = field + ".person";
      ATELIER_ASSIGN_OR_RETURN(const auto read,
                               subjects_.Read({.picture = swap.person(),
                                               .field = path,
                                               .reading = {swap.estimator(), swap.person_choice()},
                                               .wants_face = NeedsFace(swap.region())},
                                              job));
      AddMisfit(*read, path, job.warnings);
      if (swap.region().region() == v1::BODY_REGION_FACE) {
        ATELIER_RETURN_IF_ERROR(RequireFace(*read, "DONOR_WITHOUT_REGION", path));
      }
      return edit::Donor(read, &read->subject);
    }
    case v1::RegionSwap::kGarment: {
      const std::string path = field + ".garment";
      ATELIER_ASSIGN_OR_RETURN(Image picture, ReadPicture(swap.garment(), path, kMaxEditSide, job));
      const auto label = swap.region().region() == v1::BODY_REGION_LOWER_GARMENT
                             ? edit::Label::kLower
                             : edit::Label::kUpper;
      auto garment = edit::ReadFlatGarment(*subjects_.body(), std::move(picture), label);
      if (!garment) return Propagate(garment.error(), path);
      return edit::FlatGarment{std::make_shared<const edit::Subject>(*std::move(garment))};
    }
    case v1::RegionSwap::kColour:
      return edit::FlatColour{static_cast<uint8_t>(swap.colour().red()),
                              static_cast<uint8_t>(swap.colour().green()),
                              static_cast<uint8_t>(swap.colour().blue())};
    case v1::RegionSwap::kPattern: {
      const v1::Pattern& asked = swap.pattern();
      edit::Pattern pattern;
      ATELIER_ASSIGN_OR_RETURN(
          pattern.picture,
          ReadPicture(asked.picture(), field + ".pattern.picture", kMaxEditSide, job));
      if (asked.has_width_metres()) pattern.width_metres = asked.width_metres();
      if (asked.has_rotation_degrees()) pattern.rotation_degrees = asked.rotation_degrees();
      if (asked.repeat() == v1::PATTERN_REPEAT_MIRROR)
        pattern.repeat = edit::PatternRepeat::kMirror;
      if (asked.repeat() == v1::PATTERN_REPEAT_NONE) pattern.repeat = edit::PatternRepeat::kNone;
      return pattern;
    }
    case v1::RegionSwap::kBackground: {
      const std::string path = field + ".background";
      ATELIER_ASSIGN_OR_RETURN(Image picture,
                               ReadPicture(swap.background(), path, kMaxFineSide, job));
      ATELIER_ASSIGN_OR_RETURN(Image somebody, subjects_.MaskOfPerson(picture, path, job));
      return edit::BackgroundPicture{std::move(picture), std::move(somebody)};
    }
    case v1::RegionSwap::kTransparent:
      return edit::NoBackground{};
    case v1::RegionSwap::SOURCE_NOT_SET:
      break;
  }
  return InvalidField(field + ".source", "given", "nothing");
}

Result<Image> EditKind::ReadPicture(const v1::Picture& picture, const std::string& field,
                                    int longest, const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, preparer_.reader().Bytes(picture, field, job));
  ATELIER_ASSIGN_OR_RETURN(Image decoded, preparer_.reader().Decode(bytes, field, longest, job));
  return longest == 0 ? std::move(decoded) : imaging::ShrinkToFit(std::move(decoded), longest);
}

Result<Image> EditKind::InOwnPose(const v1::EditSpec& spec, const edit::EditOutcome& outcome,
                                  const JobContext& job) {
  const int longest = spec.has_longest_side() ? spec.longest_side() : 0;
  ATELIER_ASSIGN_OR_RETURN(const Image whole, ReadPicture(spec.base(), "base", longest, job));
  if (whole.height == outcome.picture.height && whole.width == outcome.picture.width) {
    return outcome.picture;
  }
  return edit::OverWhole(whole, outcome.picture, outcome.changed);
}

Result<std::unique_ptr<PaintJob>> EditKind::InOtherPose(const v1::LeasedJob& leased,
                                                        const Image& edited, std::stop_token stop) {
  const v1::EditSpec& spec = leased.spec().edit();
  v1::LeasedJob as_synthesis = leased;
  v1::SynthesisSpec& synthesis = *as_synthesis.mutable_spec()->mutable_synthesis();
  ATELIER_ASSIGN_OR_RETURN(*synthesis.mutable_source()->mutable_data(), imaging::EncodePng(edited));
  synthesis.set_source_estimator(v1::ESTIMATOR_PHOTOGRAPH);
  if (spec.has_pose_picture()) {
    *synthesis.mutable_pose_picture() = spec.pose_picture();
  } else if (spec.has_pose_iuv()) {
    *synthesis.mutable_pose_iuv() = spec.pose_iuv();
    synthesis.set_iuv_channels(spec.iuv_channels());
  } else {
    *synthesis.mutable_pose_picture() = synthesis.source();
    synthesis.set_pose_estimator(v1::ESTIMATOR_PHOTOGRAPH);
  }
  if (spec.has_pose_picture()) synthesis.set_pose_estimator(spec.pose_estimator());
  if (spec.has_pose_person()) *synthesis.mutable_pose_person() = spec.pose_person();
  synthesis.set_model(spec.model());
  synthesis.set_seed(spec.seed());
  if (spec.has_variations()) synthesis.set_image_count(spec.variations());
  *synthesis.mutable_sources() = spec.sources();
  auto job = synthesis_.Prepare(as_synthesis, std::move(stop));
  if (!job && job.error().field == "source") {
    return Propagate(job.error(), "the edited picture");
  }
  return job;
}

}  // namespace atelier::generation
