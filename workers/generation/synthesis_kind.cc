#include "generation/synthesis_kind.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "generation/painter_set.h"
#include "picture/given_iuv.h"
#include "runtime/picture_argument.h"
#include "warnings/spec_warnings.h"

namespace atelier::generation {
namespace {

constexpr int kMinSide = 64;
constexpr int kMaxSide = 1024;

Status CheckRange(int value, int low, int high, const char* field) {
  if (value >= low && value <= high) return {};
  return InvalidField(field, std::to_string(low) + " to " + std::to_string(high),
                      std::to_string(value));
}

Status CheckSide(const std::optional<int>& side, const char* field) {
  if (!side || (*side >= kMinSide && *side <= kMaxSide && *side % 8 == 0)) return {};
  return InvalidField(field, "a multiple of 8 from 64 to 1024", std::to_string(*side));
}

/// The server checks specs before it queues them; direct calls come here first.
Result<engine::PaintOptions> OptionsOf(const v1::SynthesisSpec& spec) {
  engine::PaintOptions options;
  if (spec.has_height()) options.height = spec.height();
  if (spec.has_width()) options.width = spec.width();
  if (spec.has_steps()) options.steps = spec.steps();
  if (spec.has_guidance()) options.guidance = spec.guidance();
  options.scheduler = spec.scheduler();
  options.preview_every = spec.preview_every();
  ATELIER_RETURN_IF_ERROR(CheckSide(options.height, "height"));
  ATELIER_RETURN_IF_ERROR(CheckSide(options.width, "width"));
  if (options.steps) ATELIER_RETURN_IF_ERROR(CheckRange(*options.steps, 1, 200, "steps"));
  // Written so that NaN fails.
  if (options.guidance && !(*options.guidance >= 1 && *options.guidance <= 30)) {
    return InvalidField("guidance", "1 to 30", std::to_string(*options.guidance));
  }
  ATELIER_RETURN_IF_ERROR(CheckRange(options.preview_every, 0, 200, "preview_every"));
  return options;
}

Result<std::vector<uint64_t>> SeedsOf(const v1::SynthesisSpec& spec) {
  const int count = spec.has_image_count() ? spec.image_count() : 1;
  if (count < 1 || count > kMaxImageCount) {
    return InvalidField("image_count", "1 to 8", std::to_string(count));
  }
  std::vector<uint64_t> seeds;
  for (int i = 0; i < count; ++i) seeds.push_back(spec.seed() + i);
  return seeds;
}

PersonPictures PersonOf(const v1::SynthesisSpec& spec) {
  return {.source = spec.source(),
          .source_iuv = spec.has_source_iuv() ? &spec.source_iuv() : nullptr,
          .texture = spec.has_texture() ? &spec.texture() : nullptr,
          .face = spec.has_face() ? &spec.face() : nullptr,
          .iuv_chart = spec.iuv_chart()};
}

TargetPictures TargetOf(const v1::SynthesisSpec& spec) {
  return {.pose_picture = spec.has_pose_picture() ? &spec.pose_picture() : nullptr,
          .pose_iuv = spec.has_pose_iuv() ? &spec.pose_iuv() : nullptr,
          .iuv_chart = spec.iuv_chart()};
}

}  // namespace

Result<std::unique_ptr<PaintJob>> SynthesisKind::Prepare(const v1::JobSpec& job_spec,
                                                         std::stop_token stop) {
  const v1::SynthesisSpec& spec = job_spec.synthesis();
  auto job = std::make_unique<PaintJob>();
  ATELIER_ASSIGN_OR_RETURN(job->painter, preparer_.painters().Find(spec.model()));
  ATELIER_ASSIGN_OR_RETURN(job->options, OptionsOf(spec));
  ATELIER_ASSIGN_OR_RETURN(job->seeds, SeedsOf(spec));
  ATELIER_RETURN_IF_ERROR(CheckChartName(spec.iuv_chart(), "iuv_chart"));
  const engine::ModelInfo& info = job->painter->info();
  const JobContext context{info, std::move(stop), job->warnings};
  ATELIER_RETURN_IF_ERROR(preparer_.FillPerson(PersonOf(spec), context, job->conditions));
  ATELIER_RETURN_IF_ERROR(
      preparer_.FillTarget(TargetOf(spec), job->options.height.value_or(info.height),
                           job->options.width.value_or(info.width), context, job->conditions));
  // The server may not have known the model when the job was queued, and direct calls come here
  // first.
  std::ranges::copy(WarningsOfSpec(job_spec, DescribeModel(info)),
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
  return {};
}

}  // namespace atelier::generation
