#include "generation/conditions/condition_reader.h"

#include <algorithm>
#include <utility>

#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "picture/given_iuv.h"
#include "picture/picture_header.h"
#include "runtime/picture_argument.h"

namespace atelier::generation {
namespace {

/// Adds a service's warnings without the names of its own fields, which mean nothing to the job's
/// owner.
void AddWithoutFields(std::vector<Warning> from, std::vector<Warning>& to) {
  for (Warning& warning : from) {
    warning.field.clear();
    to.push_back(std::move(warning));
  }
}

/// Adds the conditions' warnings to the job's; `field` gave the picture.
void AddWarnings(const Conditions& conditions, const std::string& field,
                 std::vector<Warning>& warnings) {
  for (Warning warning : conditions.warnings) {
    if (warning.field.empty()) warning.field = field;
    warnings.push_back(std::move(warning));
  }
}

/// Whether the spec's field gives a pose to paint.
bool IsPose(const std::string& field) {
  return field == "pose_picture" || field == "film" || field.starts_with("pose_list") ||
         field.starts_with("motion");
}

std::string KeyOf(const PoseReading& reading) {
  return ":" + std::to_string(reading.estimator) + ":" + reading.person.SerializeAsString();
}

std::string KeyOf(const PersonPicture& person, const engine::ModelInfo& model) {
  std::string key = "person:" + model.name + ":" + ContentKey(person.picture);
  if (person.iuv) {
    return key + ":" + ContentKey(person.iuv->picture) + ":" + person.iuv->chart + ":" +
           std::to_string(person.iuv->channels);
  }
  return key + KeyOf(person.reading);
}

/// The photograph's person as pixels are carried from them.
std::shared_ptr<const people::CarrySource> CarrySourceOf(const people::BodyFitter& fitter,
                                                         const PoseEstimate& pose) {
  // Of grazing pixels the detail pass takes a share; the texture map takes none.
  constexpr people::TextureRules kRules{.least_cosine = .12};
  people::DressedBody dressed{*pose.body,
                              MeasureClothes(fitter.body(), fitter.Pose(*pose.body), pose.mask)};
  return std::make_shared<const people::CarrySource>(fitter, std::move(dressed), pose.mask, kRules);
}

/// The colours of a photographed person's surface. They are taken from the bare body: clothes that
/// stand off it reach over what is beside it.
people::SeenColours ColoursOf(const people::BodyFitter& fitter, const PoseEstimate& pose,
                              const Image& picture) {
  const people::CarrySource bare(fitter, {*pose.body, {}}, pose.mask, {});
  return ReadColours(fitter, bare, picture);
}

/// Whether a picture may lack what `error` says of its pose: what then stays empty.
bool MayLackPose(const PersonPicture& person, const Error& error) {
  if (error.code != Code::kFailedPrecondition || person.iuv != nullptr) return false;
  if (person.must_show != MustShow::kBody) return true;
  // Without an IUV a detector may still find the face.
  return error.reason == kIuvChartReason && !person.wants_texture;
}

/// Whether `known` says all that is wanted of a person.
bool HasAll(const Conditions& known, const PersonPicture& person) {
  return (!person.wants_texture || !known.texture.empty()) &&
         (!person.wants_face || known.face_was_sought) &&
         (!person.wants_body || known.pose_was_sought) &&
         (person.must_show != MustShow::kBody || known.body_was_required);
}

/// Whether `known` lacks the face, and has all that it takes to find it.
bool LacksFaceAlone(const Conditions& known, const PersonPicture& person) {
  PersonPicture without_face = person;
  without_face.wants_face = false;
  return person.wants_face && !known.face_was_sought && !known.iuv.empty() &&
         HasAll(known, without_face);
}

std::string SizeText(const Image& image) {
  return std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels";
}

}  // namespace

Unexpected AboutPicture(const std::string& field, const Error& service_error) {
  Error error = service_error.WithContext(field);
  if (error.field == "picture" || error.field == "iuv_png") error.field = field;
  const bool is_reading = error.field.starts_with("person") || error.field == "estimator";
  constexpr std::string_view kDonor = ".person";
  if (is_reading && field.ends_with(kDonor)) {
    // A swap's fields are beside its picture, and one has a name of its own.
    const std::string swap = field.substr(0, field.size() - kDonor.size());
    error.field = swap + (error.field == "estimator" ? ".estimator" : ".person_choice");
  } else if (is_reading) {
    error.field.insert(0, IsPose(field) ? "pose_" : field + "_");
  }
  return Unexpected(std::move(error));
}

PoseReading MovedReading(PoseReading reading, double scale, double x, double y) {
  if (!reading.person.has_box()) return reading;
  v1::Box& box = *reading.person.mutable_box();
  const auto moved = [scale](float from, double by) {
    return static_cast<float>(static_cast<double>(from) * scale + by);
  };
  box.set_left(moved(box.left(), x));
  box.set_right(moved(box.right(), x));
  box.set_top(moved(box.top(), y));
  box.set_bottom(moved(box.bottom(), y));
  return reading;
}

Result<std::string> ConditionReader::Bytes(const v1::Picture& picture, std::string_view field,
                                           const JobContext& job) {
  if (picture.content_case() == v1::Picture::kData) return picture.data();
  if (picture.content_case() == v1::Picture::kAsset) {
    auto bytes = assets_.Fetch(picture.asset(), job.lease, job.stop);
    if (!bytes) return Propagate(bytes.error(), field);
    return bytes;
  }
  return InvalidField(std::string(field), "given", "nothing");
}

Result<ConditionReader::Memory> ConditionReader::TakeMemory(int64_t bytes, const JobContext& job) {
  if (memory_ == nullptr) return Memory();
  std::optional<Memory> memory =
      memory_->Take(bytes, [&job] { return !job.stop.stop_requested(); });
  if (memory) return *std::move(memory);
  return MakeError(Code::kCancelled, "CANCELLED", "nobody wants the job any more");
}

Result<Image> ConditionReader::Decode(std::string_view bytes, std::string_view field, int longest,
                                      const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const Memory memory, TakeMemory(imaging::MemoryToRead(bytes), job));
  return imaging::DecodePicture(bytes, field, longest);
}

void ConditionReader::Keep(const std::string& key, const std::string& key_with_networks,
                           SharedConditions conditions) {
  if (WithNetworks(key) == key_with_networks) cache_.Insert(key_with_networks, conditions);
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPerson(const PersonPicture& person,
                                                                      const JobContext& job) {
  const std::string key = KeyOf(person, job.model);
  const std::string kept_under = WithNetworks(key);
  SharedConditions conditions = cache_.Find(kept_under);
  if (conditions && LacksFaceAlone(*conditions, person)) {
    auto with_face = std::make_shared<Conditions>(*conditions);
    ATELIER_RETURN_IF_ERROR(
        AddRegions({.picture = with_face->picture, .iuv = with_face->iuv, .mask = Image()},
                   {.face = true}, person, job, *with_face));
    conditions = std::move(with_face);
    Keep(key, kept_under, conditions);
  } else if (!conditions || !HasAll(*conditions, person)) {
    PersonPicture wanted = person;
    if (conditions) {
      // What another job looked for is kept.
      wanted.wants_texture = person.wants_texture || !conditions->texture.empty();
      wanted.wants_face = person.wants_face || conditions->face_was_sought;
    }
    ATELIER_ASSIGN_OR_RETURN(conditions, ReadPersonAnew(wanted, job));
    Keep(key, kept_under, conditions);
  }
  AddWarnings(*conditions, person.field, job.warnings);
  return conditions;
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPersonAnew(
    const PersonPicture& person, const JobContext& job) {
  Files files;
  ATELIER_ASSIGN_OR_RETURN(files.picture, Bytes(person.picture, person.field, job));
  if (person.iuv) {
    ATELIER_ASSIGN_OR_RETURN(files.iuv, Bytes(person.iuv->picture, person.iuv->field, job));
  }
  // A given IUV is of the whole picture's size.
  const bool required = person.must_show == MustShow::kBody;
  const bool fine = fitter_ != nullptr && job.model.detail_pass && required;
  const int longest = person.iuv ? 0 : fine ? kMaxFineSide : kMaxConditionSide;
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header,
                           ReadPictureHeader(files.picture, person.field));
  const int64_t bytes = imaging::MemoryToRead(files.picture) + imaging::MemoryToRead(files.iuv);
  ATELIER_ASSIGN_OR_RETURN(Memory memory, TakeMemory(bytes, job));
  ATELIER_ASSIGN_OR_RETURN(Image whole,
                           imaging::DecodePicture(files.picture, person.field, longest));
  // What was reduced needs none to speak of while the services are asked.
  if (!person.iuv) memory = Memory();
  auto conditions = std::make_shared<Conditions>();
  conditions->body_was_required = required;
  if (!person.wants_texture && !person.wants_face && !person.wants_body) {
    conditions->picture = imaging::ShrinkToFit(std::move(whole), kMaxConditionSide);
    return conditions;
  }
  auto pose = ReadPersonPose(person, files, whole, header.width, job, *conditions);
  if (!pose && !MayLackPose(person, pose.error())) return Propagate(pose.error());
  const PoseEstimate nobody;
  const PoseEstimate& read = pose ? *pose : nobody;
  if (read.is_photograph && fine && !read.mask.empty()) {
    conditions->carry_source = CarrySourceOf(*fitter_, read);
    conditions->fine_picture = imaging::ShrinkToFit(whole, kMaxFineSide);
  }
  conditions->iuv = read.iuv;
  conditions->body = read.body;
  conditions->is_photograph = read.is_photograph;
  conditions->pose_was_sought = true;
  conditions->picture = imaging::ShrinkToFit(std::move(whole), kMaxConditionSide);
  memory = Memory();
  if (conditions->carry_source) {
    conditions->seen_colours = ColoursOf(*fitter_, read, conditions->picture);
  }
  const RegionParts parts{.texture_map = person.wants_texture, .face = person.wants_face};
  if (!parts.texture_map && !parts.face) return conditions;
  const RegionSubject subject{.picture = conditions->picture,
                              .iuv = conditions->iuv,
                              .body = read.is_photograph ? &*read.body : nullptr,
                              .mask = read.mask};
  const Status regions = AddRegions(subject, parts, person, job, *conditions);
  // No detector either: what was missing first says what to bring.
  const bool no_detector = !regions && regions.error().code == Code::kFailedPrecondition;
  if (!pose && no_detector) {
    if (person.must_show == MustShow::kNothing) return conditions;
    return Propagate(pose.error());
  }
  if (!regions) return Propagate(regions.error());
  return conditions;
}

/// Adds `parts` to `conditions`, of which `subject` may be views.
Status ConditionReader::AddRegions(const RegionSubject& subject, const RegionParts& parts,
                                   const PersonPicture& person, const JobContext& job,
                                   Conditions& conditions) {
  auto regions = perception_.ExtractRegions(subject, parts, job.model, job.stop);
  conditions.face_was_sought = conditions.face_was_sought || parts.face;
  if (!regions) return AboutPicture(person.field, regions.error());
  if (parts.texture_map) {
    conditions.texture = std::move(regions->texture);
    conditions.texture_validity = std::move(regions->texture_validity);
    conditions.texture_layout = std::move(regions->texture_layout);
  }
  if (parts.face) {
    conditions.face_found = regions->face_found;
    conditions.face_embedding = std::move(regions->face_embedding);
  }
  AddWithoutFields(std::move(regions->warnings), conditions.warnings);
  return {};
}

/// The pose of a person's picture `whole`, of the size that the picture shrinks to; with an IUV
/// that the spec brings, that alone. Decoding may have reduced the picture, which is `whole_width`
/// pixels wide; places in the request are in its pixels.
Result<PoseEstimate> ConditionReader::ReadPersonPose(const PersonPicture& person,
                                                     const Files& files, const Image& whole,
                                                     int whole_width, const JobContext& job,
                                                     Conditions& conditions) {
  if (!person.iuv) {
    const Image small = imaging::ShrinkToFit(whole, kMaxConditionSide);
    const PoseReading reading =
        MovedReading(person.reading, static_cast<double>(small.width) / whole_width, 0, 0);
    auto estimate = perception_.EstimatePose(small, reading, {.iuv = true}, job.model, job.stop);
    if (!estimate) return AboutPicture(person.field, estimate.error());
    AddWithoutFields(std::move(estimate->warnings), conditions.warnings);
    return estimate;
  }
  const JobContext into_conditions{job.model, job.stop, conditions.warnings, job.lease};
  ATELIER_ASSIGN_OR_RETURN(Image iuv, DecodeIuv(*person.iuv, files.iuv, into_conditions));
  if (iuv.height != whole.height || iuv.width != whole.width) {
    return InvalidField(person.iuv->field,
                        "of the size of `" + person.field + "`, " + SizeText(whole), SizeText(iuv));
  }
  PoseEstimate given;
  given.iuv = imaging::ShrinkIuvToFit(std::move(iuv), kMaxConditionSide);
  return given;
}

Result<Image> ConditionReader::ReadIuv(const IuvPicture& iuv, const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const std::string png, Bytes(iuv.picture, iuv.field, job));
  ATELIER_ASSIGN_OR_RETURN(const Memory memory, TakeMemory(imaging::MemoryToRead(png), job));
  return DecodeIuv(iuv, png, job);
}

Result<Image> ConditionReader::DecodeIuv(const IuvPicture& iuv, const std::string& png,
                                         const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(
      const std::optional<Warning> warning,
      CheckIuvChart({png, iuv.chart, iuv.field, "iuv_chart"}, job.model.iuv_chart));
  if (warning) job.warnings.push_back(*warning);
  return imaging::DecodeIuv(png, iuv.field, runtime::OrderOf(iuv.channels));
}

Result<ConditionReader::SharedConditions> ConditionReader::EstimatePose(
    Image picture, double scale, const std::string& field, const PoseReading& reading,
    const PoseParts& parts, int height, int width, const JobContext& job) {
  const int small_height = picture.height, small_width = picture.width;
  const Image fitted = imaging::PadToAspect(std::move(picture), height, width);
  const PoseReading moved = MovedReading(reading, scale, (fitted.width - small_width) / 2,
                                         (fitted.height - small_height) / 2);
  auto estimate = perception_.EstimatePose(fitted, moved, parts, job.model, job.stop);
  if (!estimate) return AboutPicture(field, estimate.error());
  auto pose = std::make_shared<Conditions>();
  pose->iuv = std::move(estimate->iuv);
  pose->keypoint_picture = std::move(estimate->keypoint_picture);
  pose->body = estimate->body;
  pose->is_photograph = estimate->is_photograph;
  AddWithoutFields(std::move(estimate->warnings), pose->warnings);
  return SharedConditions(std::move(pose));
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadFrame(
    const Image& frame, const std::string& frame_key, const std::string& field,
    const PoseReading& reading, const PoseParts& parts, int height, int width,
    const JobContext& job) {
  const std::string kept_under = WithNetworks(frame_key);
  Image small = imaging::ShrinkToFit(frame, kMaxConditionSide);
  const double scale = static_cast<double>(small.width) / frame.width;
  ATELIER_ASSIGN_OR_RETURN(
      const SharedConditions pose,
      EstimatePose(std::move(small), scale, field, reading, parts, height, width, job));
  Keep(frame_key, kept_under, pose);
  return pose;
}

ConditionReader::SharedConditions ConditionReader::FindFrame(const std::string& frame_key) {
  return cache_.Find(WithNetworks(frame_key));
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPose(
    const v1::Picture& picture, const std::string& field, const PoseReading& reading,
    const PoseParts& parts, int height, int width, const JobContext& job) {
  const std::string key = "pose:" + job.model.name + ":" + ContentKey(picture) + ":" +
                          std::to_string(height) + "x" + std::to_string(width) + KeyOf(reading);
  const std::string kept_under = WithNetworks(key);
  SharedConditions known = cache_.Find(kept_under);
  if (!known) {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(picture, field, job));
    // Places in the request are in pixels of the whole picture.
    ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, field));
    ATELIER_ASSIGN_OR_RETURN(Image decoded, Decode(bytes, field, kMaxConditionSide, job));
    Image small = imaging::ShrinkToFit(std::move(decoded), kMaxConditionSide);
    const double scale = static_cast<double>(small.width) / header.width;
    ATELIER_ASSIGN_OR_RETURN(
        known, EstimatePose(std::move(small), scale, field, reading, parts, height, width, job));
    Keep(key, kept_under, known);
  }
  AddWarnings(*known, field, job.warnings);
  return known;
}

}  // namespace atelier::generation
