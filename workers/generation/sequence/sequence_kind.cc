#include "generation/sequence/sequence_kind.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "generation/preparation/carry_detail.h"
#include "generation/preparation/painter_set.h"
#include "generation/preparation/receipt.h"
#include "generation/sequence/sequence_job.h"
#include "imaging/picture_codec.h"
#include "limits/limits.h"
#include "picture/given_iuv.h"
#include "warnings/spec_warnings.h"

namespace atelier::generation {
namespace {

engine::PaintOptions OptionsOf(const v1::SequenceSpec& spec) {
  engine::PaintOptions options;
  if (spec.has_height()) options.height = spec.height();
  if (spec.has_width()) options.width = spec.width();
  if (spec.has_steps()) options.steps = spec.steps();
  if (spec.has_guidance()) options.guidance = spec.guidance();
  options.scheduler = spec.scheduler();
  options.preview_every = spec.preview_every();
  return options;
}

v1::EditSpec EditOf(const v1::SequenceSpec& spec) {
  v1::EditSpec edit;
  *edit.mutable_base() = spec.source();
  *edit.mutable_swaps() = spec.swaps();
  edit.set_base_estimator(spec.source_estimator());
  *edit.mutable_base_person() = spec.source_person();
  return edit;
}

/// The film that the job's frames are joined to, as `spec` asks for it.
Status BeginFilm(const v1::SequenceSpec& spec, SequenceJob& job) {
  if (spec.film_format() == v1::FILM_FORMAT_NONE) return {};
  v1::PaintedFilm& facts = job.film_facts;
  facts.set_height(job.place.height * job.output_scale);
  facts.set_width(job.place.width * job.output_scale);
  facts.set_frames(static_cast<int32_t>(job.frames.size()));
  facts.set_frame_rate(spec.frame_rate());
  const bool is_webp = spec.film_format() == v1::FILM_FORMAT_WEBP;
  facts.set_format(is_webp ? v1::FILM_FORMAT_WEBP : v1::FILM_FORMAT_MP4);
  const film::FilmSettings settings{facts.height(), facts.width(), facts.frame_rate(),
                                    ReceiptText(job.receipt), ReceiptXmp(job.receipt)};
  ATELIER_ASSIGN_OR_RETURN(
      job.film, is_webp ? film::MakeWebpWriter(settings) : film::MakeMp4Writer(settings));
  return {};
}

}  // namespace

Result<std::unique_ptr<PaintJob>> SequenceKind::Prepare(const v1::LeasedJob& leased,
                                                        std::stop_token stop) {
  // With the source replaced by the edited one.
  v1::SequenceSpec spec = leased.spec().sequence();
  ATELIER_RETURN_IF_ERROR(CheckLimits(spec));
  ATELIER_RETURN_IF_ERROR(CheckChartName(spec.iuv_chart(), "iuv_chart"));
  auto job = std::make_unique<SequenceJob>();
  ATELIER_ASSIGN_OR_RETURN(job->painter, preparer_.painters().Find(spec.model()));
  job->options = OptionsOf(spec);
  const engine::ModelInfo& info = job->painter->info();
  const JobContext context{info, std::move(stop), job->warnings, {leased.job(), leased.lease()}};
  job->receipt = BeginReceipt(spec);
  if (!spec.swaps().empty()) {
    ATELIER_ASSIGN_OR_RETURN(const EditedSource edited,
                             editor_.EditSource(EditOf(spec), "source", context));
    job->receipt.mutable_swaps()->Assign(edited.swaps.begin(), edited.swaps.end());
    job->receipt.set_parser(edited.parser);
    ATELIER_ASSIGN_OR_RETURN(*spec.mutable_source()->mutable_data(),
                             imaging::EncodePng(edited.picture));
    spec.set_source_estimator(v1::ESTIMATOR_PHOTOGRAPH);
    spec.clear_source_person();
  }
  const PersonPictures person{.source = spec.source(),
                              .iuv_chart = {},
                              .reading = {spec.source_estimator(), spec.source_person()},
                              .gives_shape = spec.keep_shape() != v1::KEEP_SHAPE_TARGET};
  ATELIER_ASSIGN_OR_RETURN(const auto source,
                           preparer_.FillPerson(person, context, job->conditions));
  job->place.height = job->options.height.value_or(info.height);
  job->place.width = job->options.width.value_or(info.width);
  ATELIER_ASSIGN_OR_RETURN(
      job->frames,
      ReadPoseFrames(preparer_, {spec, source.get(), job->place.height, job->place.width},
                     context));
  ATELIER_ASSIGN_OR_RETURN(Photographs photographs,
                           preparer_.ReadPhotographs(source, spec.sources(), context));
  if (!photographs.empty() && info.texture_layout == "atlas") {
    engine::TextureMap texture = CompleteTexture(*preparer_.fitter(), photographs);
    job->conditions.texture_map = std::move(texture.colours);
    job->conditions.texture_validity = std::move(texture.validity);
  }
  const bool has_detail =
      !photographs.empty() && std::ranges::any_of(job->frames, [](const PoseFrame& frame) {
        return frame.body.has_value();
      });
  job->output_scale = spec.has_output_scale() ? spec.output_scale() : has_detail ? 2 : 1;
  job->place.scale = job->output_scale;
  if (has_detail) {
    job->fitter = preparer_.fitter();
    job->photographs = std::move(photographs);
  }
  job->seeds.assign(job->frames.size(), spec.seed());
  AddPainting(*job, preparer_.painters(), job->receipt);
  if (has_detail || !spec.swaps().empty()) job->receipt.set_digital_source_type(kCompositeMedia);
  if (!receipts_) job->receipt.Clear();
  ATELIER_RETURN_IF_ERROR(BeginFilm(spec, *job));
  ATELIER_RETURN_IF_ERROR(TakeFinished(leased, context, *job));
  // The server may not have known the model when the job was queued.
  std::ranges::copy(WarningsOfSpec(leased.spec(), DescribeModel(info)),
                    std::back_inserter(job->warnings));
  return std::unique_ptr<PaintJob>(std::move(job));
}

Status SequenceKind::TakeFinished(const v1::LeasedJob& leased, const JobContext& context,
                                  SequenceJob& job) {
  job.finished = std::min(job.frames.size(), static_cast<size_t>(leased.finished_size()));
  // The film has all of them; the next frame is steadied with the last one.
  for (size_t i = job.film || job.finished == 0 ? 0 : job.finished - 1; i < job.finished; ++i) {
    v1::Picture frame;
    frame.set_asset(leased.finished(static_cast<int>(i)).asset());
    const std::string field = "frame " + std::to_string(i + 1);
    ATELIER_ASSIGN_OR_RETURN(const std::string png,
                             preparer_.reader().Bytes(frame, field, context));
    ATELIER_ASSIGN_OR_RETURN(Image picture, preparer_.reader().Decode(png, field, 0, context));
    ATELIER_RETURN_IF_ERROR(job.AddFinished(i, std::move(picture)));
  }
  return {};
}

}  // namespace atelier::generation
