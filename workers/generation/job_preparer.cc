#include "generation/job_preparer.h"

#include <algorithm>
#include <iterator>

#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "picture/given_iuv.h"

namespace atelier::generation {
namespace {

constexpr int kMinSide = 64;
constexpr int kMaxSide = 1024;

std::string SizeText(int height, int width) {
  return std::to_string(width) + " x " + std::to_string(height) + " pixels";
}

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

}  // namespace

JobPreparer::JobPreparer(const PainterSet& painters, AssetSource& assets, Perception& perception,
                         ConditionsCache& cache)
    : painters_(painters), reader_(assets, perception, cache) {}

Result<std::unique_ptr<PaintJob>> JobPreparer::Prepare(const v1::SynthesisSpec& spec,
                                                       std::stop_token stop) {
  auto job = std::make_unique<PaintJob>();
  ATELIER_ASSIGN_OR_RETURN(job->painter, painters_.Find(spec.model()));
  ATELIER_ASSIGN_OR_RETURN(job->options, OptionsOf(spec));
  ATELIER_ASSIGN_OR_RETURN(job->seeds, SeedsOf(spec));
  ATELIER_RETURN_IF_ERROR(CheckChartName(spec.iuv_chart(), "iuv_chart"));
  const engine::ModelInfo& info = job->painter->info();
  const JobContext context{info, std::move(stop), job->warnings};
  ATELIER_RETURN_IF_ERROR(FillSource(spec, context, job->conditions));
  ATELIER_ASSIGN_OR_RETURN(job->conditions.iuv,
                           ReadTargetIuv(spec, job->options.height.value_or(info.height),
                                         job->options.width.value_or(info.width), context));
  return job;
}

Status JobPreparer::FillSource(const v1::SynthesisSpec& spec, const JobContext& job,
                               engine::PaintRequest& request) {
  const IuvPicture iuv{spec.source_iuv(), "source_iuv", spec.iuv_chart()};
  const PersonPicture person{.picture = spec.source(),
                             .field = "source",
                             .iuv = spec.has_source_iuv() ? &iuv : nullptr,
                             .wants_texture = !spec.has_texture()};
  ATELIER_ASSIGN_OR_RETURN(const auto source, reader_.ReadPerson(person, job));
  request.source = source->picture;
  ATELIER_RETURN_IF_ERROR(FillFace(spec, *source, job, request));
  return FillTexture(spec, *source, job, request);
}

Status JobPreparer::FillFace(const v1::SynthesisSpec& spec, const Conditions& source,
                             const JobContext& job, engine::PaintRequest& request) {
  if (!spec.has_face()) {
    request.face_embedding = source.face_embedding;
    return {};
  }
  ATELIER_ASSIGN_OR_RETURN(const auto face, ReadFace(spec.face(), job));
  if (face->face_embedding.empty() && face->face_found) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE_EMBEDDING",
                     "face: a face is seen, but the region service has no network that knows faces "
                     "apart for this model (face_embedder), or does not find eyes, nose and mouth");
  }
  if (face->face_embedding.empty()) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE", "face: no face is seen in the picture");
  }
  request.face_embedding = face->face_embedding;
  return {};
}

Result<std::shared_ptr<const Conditions>> JobPreparer::ReadFace(const v1::Picture& picture,
                                                                const JobContext& job) {
  const PersonPicture person{
      .picture = picture, .field = "face", .wants_texture = false, .face_is_enough = true};
  std::vector<Warning> warnings;
  auto face = reader_.ReadPerson(person, {job.model, job.stop, warnings});
  if (!face && face.error().reason == kNoPersonReason) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE", face.error().message);
  }
  // A picture of a face need not show a body, nor a body that its estimator is sure of.
  std::copy_if(warnings.begin(), warnings.end(), std::back_inserter(job.warnings),
               [](const Warning& warning) {
                 return warning.reason != "PERSON_CUT_OFF" && warning.reason != "PERSON_UNSURE" &&
                        warning.reason != "PERSON_SMALL";
               });
  return face;
}

Status JobPreparer::FillTexture(const v1::SynthesisSpec& spec, const Conditions& source,
                                const JobContext& job, engine::PaintRequest& request) {
  const engine::ModelInfo& info = job.model;
  const auto fits = [&](const Image& texture) {
    return texture.height == info.texture_height && texture.width == info.texture_width;
  };
  const std::string wanted = SizeText(info.texture_height, info.texture_width);
  if (spec.has_texture()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes,
                             reader_.Bytes(spec.texture(), "texture", job.stop));
    ATELIER_ASSIGN_OR_RETURN(request.texture_map, imaging::DecodePicture(bytes, "texture"));
    if (fits(request.texture_map)) return {};
    return InvalidField("texture", "of the model's size, " + wanted,
                        SizeText(request.texture_map.height, request.texture_map.width));
  }
  // The region service was given another folder under the model's name.
  if (source.texture_layout != info.texture_layout || !fits(source.texture)) {
    return MakeError(Code::kFailedPrecondition, "TEXTURE_SIZE",
                     "the model reads " + info.texture_layout + " textures of " + wanted +
                         ", the region service made one of layout " + source.texture_layout +
                         " and " + SizeText(source.texture.height, source.texture.width) +
                         " for it: both must have the same model folder");
  }
  request.texture_map = source.texture;
  request.texture_validity = source.texture_validity;
  return {};
}

Result<Image> JobPreparer::ReadTargetIuv(const v1::SynthesisSpec& spec, int height, int width,
                                         const JobContext& job) {
  if (spec.has_pose_iuv()) {
    ATELIER_ASSIGN_OR_RETURN(Image iuv,
                             reader_.ReadIuv({spec.pose_iuv(), "pose_iuv", spec.iuv_chart()}, job));
    return imaging::PadIuvToAspect(std::move(iuv), height, width);
  }
  if (!spec.has_pose_picture()) {
    return InvalidField("target", "given: pose_picture or pose_iuv", "nothing");
  }
  return reader_.ReadPose(spec.pose_picture(), height, width, job);
}

}  // namespace atelier::generation
