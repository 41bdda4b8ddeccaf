#include "generation/synthesis_kind.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "detail/blend.h"
#include "generation/preparation/carry_detail.h"
#include "generation/preparation/painter_set.h"
#include "generation/preparation/receipt.h"
#include "limits/limits.h"
#include "picture/given_iuv.h"
#include "runtime/picture_argument.h"
#include "warnings/spec_warnings.h"

namespace atelier::generation {
namespace {

/// The server checks specs before it queues them; direct calls come here first.
Result<engine::PaintOptions> OptionsOf(const v1::SynthesisSpec& spec) {
  ATELIER_RETURN_IF_ERROR(CheckLimits(spec));
  engine::PaintOptions options;
  if (spec.has_height()) options.height = spec.height();
  if (spec.has_width()) options.width = spec.width();
  if (spec.has_steps()) options.steps = spec.steps();
  if (spec.has_guidance()) options.guidance = spec.guidance();
  options.scheduler = spec.scheduler();
  options.preview_every = spec.preview_every();
  return options;
}

std::vector<uint64_t> SeedsOf(const v1::SynthesisSpec& spec) {
  const int count = spec.has_image_count() ? spec.image_count() : 1;
  std::vector<uint64_t> seeds;
  for (int i = 0; i < count; ++i) seeds.push_back(spec.seed() + i);
  return seeds;
}

PersonPictures PersonOf(const v1::SynthesisSpec& spec) {
  return {.source = spec.source(),
          .source_iuv = spec.has_source_iuv() ? &spec.source_iuv() : nullptr,
          .texture = spec.has_texture() ? &spec.texture() : nullptr,
          .face = spec.has_face() ? &spec.face() : nullptr,
          .iuv_chart = spec.iuv_chart(),
          .iuv_channels = spec.iuv_channels(),
          .reading = {spec.source_estimator(), spec.source_person()},
          .gives_shape = spec.has_pose_picture() && spec.keep_shape() != v1::KEEP_SHAPE_TARGET};
}

TargetPictures TargetOf(const v1::SynthesisSpec& spec) {
  return {.pose_picture = spec.has_pose_picture() ? &spec.pose_picture() : nullptr,
          .pose_iuv = spec.has_pose_iuv() ? &spec.pose_iuv() : nullptr,
          .iuv_chart = spec.iuv_chart(),
          .iuv_channels = spec.iuv_channels(),
          .reading = {spec.pose_estimator(), spec.pose_person()},
          .keeps_shape = spec.keep_shape() != v1::KEEP_SHAPE_TARGET};
}

/// Below this share most of the person is the model's guess.
constexpr double kLittleSeen = .25;

void AddLittleSeen(double share, std::vector<Warning>& warnings) {
  if (share >= kLittleSeen) return;
  warnings.push_back({"LITTLE_SEEN", "source",
                      "the source shows little of what the pose shows: most of the person is "
                      "painted without having been seen",
                      share, kLittleSeen});
}

struct SynthesisJob : public PaintJob {
  int output_scale = 1;
  /// The source's own pixels, where they are laid over the painting.
  std::optional<detail::CarriedPicture> carried;

  Image Finish(size_t /*index*/, Image painting) const override {
    if (carried) return detail::LayOver(painting, *carried, output_scale);
    return output_scale == 1 ? std::move(painting) : detail::Grow(painting, output_scale);
  }
};

}  // namespace

Result<std::unique_ptr<PaintJob>> SynthesisKind::Prepare(const v1::LeasedJob& leased,
                                                         std::stop_token stop) {
  const v1::SynthesisSpec& spec = leased.spec().synthesis();
  auto job = std::make_unique<SynthesisJob>();
  ATELIER_ASSIGN_OR_RETURN(job->painter, preparer_.painters().Find(spec.model()));
  ATELIER_ASSIGN_OR_RETURN(job->options, OptionsOf(spec));
  job->seeds = SeedsOf(spec);
  ATELIER_RETURN_IF_ERROR(CheckChartName(spec.iuv_chart(), "iuv_chart"));
  const engine::ModelInfo& info = job->painter->info();
  const JobContext context{info, std::move(stop), job->warnings, {leased.job(), leased.lease()}};
  ATELIER_ASSIGN_OR_RETURN(const auto source,
                           preparer_.FillPerson(PersonOf(spec), context, job->conditions));
  const int height = job->options.height.value_or(info.height);
  const int width = job->options.width.value_or(info.width);
  ATELIER_ASSIGN_OR_RETURN(
      const auto target,
      preparer_.FillTarget(TargetOf(spec), source.get(), height, width, context, job->conditions));
  // Nothing is taken from photographs where the texture is given.
  Photographs photographs;
  if (!spec.has_texture()) {
    ATELIER_ASSIGN_OR_RETURN(photographs,
                             preparer_.ReadPhotographs(source, spec.sources(), context));
  }
  const bool own_texture = !photographs.empty();
  if (own_texture && info.texture_layout == "atlas") {
    engine::TextureMap texture = CompleteTexture(*preparer_.fitter(), photographs);
    job->conditions.texture_map = std::move(texture.colours);
    job->conditions.texture_validity = std::move(texture.validity);
  }
  const bool has_detail = target && own_texture;
  job->output_scale = spec.has_output_scale() ? spec.output_scale() : has_detail ? 2 : 1;
  if (has_detail) {
    job->carried = CarryDetail(*preparer_.fitter(), photographs,
                               {.target = *target,
                                .height = height,
                                .width = width,
                                .scale = job->output_scale,
                                .with_head = !spec.has_face()});
    AddLittleSeen(job->carried->SeenShare(), job->warnings);
  }
  job->receipt = BeginReceipt(spec);
  AddPainting(*job, preparer_.painters(), job->receipt);
  if (job->carried) job->receipt.set_digital_source_type(kCompositeMedia);
  // The server may not have known the model when the job was queued, and direct calls come here
  // first.
  std::ranges::copy(WarningsOfSpec(leased.spec(), DescribeModel(info)),
                    std::back_inserter(job->warnings));
  return job;
}

v1::JobSpec JobSpecOf(const v1::GenerateRequest& request) {
  v1::JobSpec spec;
  *spec.mutable_strict() = request.strict();
  v1::SynthesisSpec& synthesis = *spec.mutable_synthesis();
  synthesis = request.spec();
  if (!synthesis.has_seed()) synthesis.set_seed(std::random_device()());
  return spec;
}

Status RequirePicturesByValue(const v1::GenerateRequest& request) {
  const v1::SynthesisSpec& spec = request.spec();
  ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.source(), "spec.source"));
  if (spec.has_pose_picture()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.pose_picture(), "spec.pose_picture"));
  }
  if (spec.has_pose_iuv()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.pose_iuv(), "spec.pose_iuv"));
  }
  if (spec.has_source_iuv()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.source_iuv(), "spec.source_iuv"));
  }
  if (spec.has_texture()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.texture(), "spec.texture"));
  }
  if (spec.has_face()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.face(), "spec.face"));
  }
  for (int i = 0; i < spec.sources_size(); ++i) {
    ATELIER_RETURN_IF_ERROR(
        runtime::RequireByValue(spec.sources(i), "spec.sources[" + std::to_string(i) + "]"));
  }
  return {};
}

}  // namespace atelier::generation
