#include "generation/job_preparer.h"

#include "runtime/picture_codec.h"
#include "runtime/picture_fit.h"

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
    : painters_(painters), assets_(assets), perception_(perception), cache_(cache) {}

Result<std::unique_ptr<PaintJob>> JobPreparer::Prepare(const v1::SynthesisSpec& spec,
                                                       std::stop_token stop) {
  auto job = std::make_unique<PaintJob>();
  ATELIER_ASSIGN_OR_RETURN(job->painter, painters_.Find(spec.model()));
  ATELIER_ASSIGN_OR_RETURN(job->options, OptionsOf(spec));
  ATELIER_ASSIGN_OR_RETURN(job->seeds, SeedsOf(spec));
  const engine::ModelInfo& info = job->painter->info();
  ATELIER_ASSIGN_OR_RETURN(const SharedConditions source,
                           ReadPerson(spec.source(), "source", stop));
  job->conditions.source = source->picture;
  ATELIER_RETURN_IF_ERROR(FillFace(spec, *source, stop, job->conditions));
  ATELIER_RETURN_IF_ERROR(FillTexture(spec, *source, info, stop, job->conditions));
  ATELIER_ASSIGN_OR_RETURN(job->conditions.iuv,
                           ReadTargetIuv(spec, job->options.height.value_or(info.height),
                                         job->options.width.value_or(info.width), stop));
  return job;
}

Status JobPreparer::FillFace(const v1::SynthesisSpec& spec, const Conditions& source,
                             std::stop_token stop, engine::PaintRequest& request) {
  if (!spec.has_face()) {
    request.face_embedding = source.face_embedding;
    return {};
  }
  ATELIER_ASSIGN_OR_RETURN(const SharedConditions face, ReadPerson(spec.face(), "face", stop));
  if (face->face_embedding.empty()) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE", "face: no face is seen in the picture");
  }
  request.face_embedding = face->face_embedding;
  return {};
}

Status JobPreparer::FillTexture(const v1::SynthesisSpec& spec, const Conditions& source,
                                const engine::ModelInfo& info, std::stop_token stop,
                                engine::PaintRequest& request) {
  const auto fits = [&](const Image& texture) {
    return texture.height == info.texture_height && texture.width == info.texture_width;
  };
  const std::string wanted = SizeText(info.texture_height, info.texture_width);
  if (spec.has_texture()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(spec.texture(), "texture", stop));
    ATELIER_ASSIGN_OR_RETURN(request.texture_map, runtime::DecodePicture(bytes, "texture"));
    if (fits(request.texture_map)) return {};
    return InvalidField("texture", "of the model's size, " + wanted,
                        SizeText(request.texture_map.height, request.texture_map.width));
  }
  if (info.texture_layout != "atlas" || !fits(source.texture)) {
    return MakeError(Code::kFailedPrecondition, "TEXTURE_SIZE",
                     "the model reads " + info.texture_layout + " textures of " + wanted +
                         ", the region service gives atlas textures of " +
                         SizeText(source.texture.height, source.texture.width));
  }
  request.texture_map = source.texture;
  request.texture_validity = source.texture_validity;
  return {};
}

Result<std::string> JobPreparer::Bytes(const v1::Picture& picture, std::string_view field,
                                       std::stop_token stop) {
  if (picture.content_case() == v1::Picture::kData) return picture.data();
  if (picture.content_case() == v1::Picture::kAsset) {
    auto bytes = assets_.Fetch(picture.asset(), stop);
    if (!bytes) return Propagate(bytes.error(), field);
    return bytes;
  }
  return InvalidField(std::string(field), "given", "nothing");
}

Result<JobPreparer::SharedConditions> JobPreparer::ReadPerson(const v1::Picture& picture,
                                                              std::string_view field,
                                                              std::stop_token stop) {
  const std::string key = "person:" + ContentKey(picture);
  if (auto known = cache_.Find(key)) return known;
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(picture, field, stop));
  ATELIER_ASSIGN_OR_RETURN(Image decoded, runtime::DecodePicture(bytes, field));
  auto person = std::make_shared<Conditions>();
  person->picture = runtime::ShrinkToFit(std::move(decoded), kMaxConditionSide);
  auto iuv = perception_.EstimateIuv(person->picture, stop);
  if (!iuv) return Propagate(iuv.error(), field);
  person->iuv = std::move(*iuv);
  auto regions = perception_.ExtractRegions(person->picture, person->iuv, stop);
  if (!regions) return Propagate(regions.error(), field);
  person->texture = std::move(regions->texture);
  person->texture_validity = std::move(regions->texture_validity);
  person->face_embedding = std::move(regions->face_embedding);
  cache_.Insert(key, person);
  return person;
}

Result<Image> JobPreparer::ReadTargetIuv(const v1::SynthesisSpec& spec, int height, int width,
                                         std::stop_token stop) {
  if (spec.has_pose_iuv()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string png, Bytes(spec.pose_iuv(), "pose_iuv", stop));
    ATELIER_ASSIGN_OR_RETURN(Image iuv, runtime::DecodeIuv(png, "pose_iuv"));
    return runtime::PadIuvToAspect(std::move(iuv), height, width);
  }
  if (!spec.has_pose_picture()) {
    return InvalidField("target", "given: pose_picture or pose_iuv", "nothing");
  }
  ATELIER_ASSIGN_OR_RETURN(const SharedConditions pose,
                           ReadPose(spec.pose_picture(), height, width, stop));
  return pose->iuv;
}

Result<JobPreparer::SharedConditions> JobPreparer::ReadPose(const v1::Picture& picture, int height,
                                                            int width, std::stop_token stop) {
  const std::string key =
      "pose:" + ContentKey(picture) + ":" + std::to_string(height) + "x" + std::to_string(width);
  if (auto known = cache_.Find(key)) return known;
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(picture, "pose_picture", stop));
  ATELIER_ASSIGN_OR_RETURN(Image decoded, runtime::DecodePicture(bytes, "pose_picture"));
  const Image fitted = runtime::PadToAspect(
      runtime::ShrinkToFit(std::move(decoded), kMaxConditionSide), height, width);
  auto iuv = perception_.EstimateIuv(fitted, stop);
  if (!iuv) return Propagate(iuv.error(), "pose_picture");
  auto pose = std::make_shared<Conditions>();
  pose->iuv = std::move(*iuv);
  cache_.Insert(key, pose);
  return pose;
}

}  // namespace atelier::generation
