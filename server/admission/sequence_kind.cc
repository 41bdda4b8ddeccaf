#include "server/admission/sequence_kind.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "limits/limits.h"
#include "server/admission/drawn_seed.h"
#include "server/admission/iuv_chart_check.h"
#include "server/admission/iuv_file_check.h"
#include "server/admission/model_defaults.h"
#include "server/admission/spec_check.h"
#include "server/admission/swap_rules.h"
#include "warnings/spec_warnings.h"

namespace atelier::server {
namespace {

constexpr double kDefaultFrameRate = 12;

int MostFrames() {
  return static_cast<int>(LimitOf(*v1::PoseMotion::descriptor(), "frames").max());
}

std::string At(const std::string& field, int index) {
  return field + "[" + std::to_string(index) + "]";
}

double FrameRateOf(const v1::SequenceSpec& spec) {
  return spec.has_frame_rate() ? spec.frame_rate() : kDefaultFrameRate;
}

Status CheckKeypoints(const v1::PoseKeypoints& pose, const std::string& field) {
  if (pose.keypoints().empty()) {
    return InvalidField(field + ".keypoints", "at least 1 entry", "0");
  }
  for (const char* side : {"height", "width"}) {
    ATELIER_RETURN_IF_ERROR(CheckField(pose, side, field + "." + side));
  }
  std::set<std::string> names;
  for (int i = 0; i < pose.keypoints_size(); ++i) {
    const v1::Keypoint& keypoint = pose.keypoints(i);
    const std::string path = At(field + ".keypoints", i);
    if (!names.insert(keypoint.name()).second) {
      return InvalidField(path + ".name", "another than the others", keypoint.name());
    }
    if (std::isfinite(keypoint.x()) && std::isfinite(keypoint.y())) continue;
    return InvalidField(path, "of finite numbers", "one that is not");
  }
  return {};
}

Status CheckPose(const v1::SequencePose& pose, const std::string& field,
                 const SpecContext& context) {
  const bool keypoints_alone = ReadsKeypoints(context.model);
  switch (pose.pose_case()) {
    case v1::SequencePose::kPicture:
      return CheckPicture(pose.picture(), field + ".picture", context.blobs);
    case v1::SequencePose::kIuv:
      if (keypoints_alone) {
        return InvalidField(
            field + ".iuv",
            "absent: " + context.model->name() + " reads keypoints, which no IUV has", "an IUV");
      }
      return CheckPng(pose.iuv(), field + ".iuv", context.blobs);
    case v1::SequencePose::kKeypoints:
      if (context.model && !keypoints_alone) {
        return InvalidField(field + ".keypoints",
                            "absent: " + context.model->name() + " reads no keypoints",
                            "keypoints");
      }
      return CheckKeypoints(pose.keypoints(), field + ".keypoints");
    case v1::SequencePose::POSE_NOT_SET:
      break;
  }
  return InvalidField(field, "one of picture, iuv and keypoints", "none");
}

Status CheckPoseList(const v1::PoseList& list, const std::string& field,
                     const SpecContext& context) {
  if (list.poses().empty()) return InvalidField(field + ".poses", "at least 1 entry", "0");
  for (int i = 0; i < list.poses_size(); ++i) {
    ATELIER_RETURN_IF_ERROR(CheckPose(list.poses(i), At(field + ".poses", i), context));
  }
  return {};
}

/// Frames of the result that a film gives; nothing where its header does not tell its length.
std::optional<int64_t> FramesOf(const FilmHeader& header, double frame_rate) {
  if (header.seconds <= 0) return std::nullopt;
  return std::max<int64_t>(1, std::llround(std::ceil(header.seconds * frame_rate - 1e-6)));
}

Status CheckFilm(const v1::SequenceSpec& spec, const std::string& field, BlobReader& blobs) {
  ATELIER_ASSIGN_OR_RETURN(const FilmHeader header, FilmHeaderOf(spec.film(), field, blobs));
  const std::optional<int64_t> frames = FramesOf(header, FrameRateOf(spec));
  if (!frames || *frames <= MostFrames()) return {};
  return InvalidField(field,
                      "of at most " + std::to_string(MostFrames()) + " frames at the frame_rate",
                      std::to_string(*frames) + " frames");
}

Status CheckMotion(const v1::PoseMotion& motion, const std::string& field, BlobReader& blobs) {
  constexpr int kFewestPoses = 2;
  const std::string poses = field + ".poses";
  const std::string count = std::to_string(motion.poses_size());
  if (motion.poses_size() < kFewestPoses) return InvalidField(poses, "at least 2 entries", count);
  ATELIER_RETURN_IF_ERROR(CheckField(motion, "frames", field + ".frames"));
  if (motion.frames() < motion.poses_size()) {
    return InvalidField(field + ".frames", "no fewer than the " + count + " poses",
                        std::to_string(motion.frames()));
  }
  for (int i = 0; i < motion.poses_size(); ++i) {
    ATELIER_RETURN_IF_ERROR(CheckPicture(motion.poses(i), At(poses, i), blobs));
  }
  return {};
}

Status CheckPoses(const v1::SequenceSpec& spec, const SpecContext& context) {
  const std::string& prefix = context.prefix;
  switch (spec.poses_case()) {
    case v1::SequenceSpec::kPoseList:
      return CheckPoseList(spec.pose_list(), prefix + ".pose_list", context);
    case v1::SequenceSpec::kFilm:
      return CheckFilm(spec, prefix + ".film", context.blobs);
    case v1::SequenceSpec::kMotion:
      return CheckMotion(spec.motion(), prefix + ".motion", context.blobs);
    case v1::SequenceSpec::POSES_NOT_SET:
      break;
  }
  return InvalidField(prefix + ".poses", "one of pose_list, film and motion", "none");
}

Status CheckEdits(const v1::SequenceSpec& spec, const SpecContext& context) {
  if (spec.swaps().empty()) return {};
  ATELIER_RETURN_IF_ERROR(CheckSwaps(spec.swaps(), context.prefix));
  for (int i = 0; i < spec.swaps_size(); ++i) {
    if (spec.swaps(i).region().region() != v1::BODY_REGION_BACKGROUND) continue;
    return InvalidField(At(context.prefix + ".swaps", i) + ".region",
                        "a region of the person: every frame has a background of its own",
                        "BACKGROUND");
  }
  return CheckSwapPictures(spec.swaps(), context.prefix, context.blobs);
}

}  // namespace

Status SequenceKind::Check(const v1::JobSpec& job, const SpecContext& context) const {
  const v1::SequenceSpec& spec = job.sequence();
  const std::string& prefix = context.prefix;
  // The cheap rules first: pictures may have to be read.
  ATELIER_RETURN_IF_ERROR(CheckLimits(spec, prefix));
  ATELIER_RETURN_IF_ERROR(CheckScheduler(spec.scheduler(), prefix + ".scheduler", context.model));
  ATELIER_RETURN_IF_ERROR(CheckPicture(spec.source(), prefix + ".source", context.blobs));
  ATELIER_RETURN_IF_ERROR(CheckPoses(spec, context));
  ATELIER_RETURN_IF_ERROR(CheckEdits(spec, context));
  for (int i = 0; i < spec.sources_size(); ++i) {
    ATELIER_RETURN_IF_ERROR(
        CheckPicture(spec.sources(i), At(prefix + ".sources", i), context.blobs));
  }
  ATELIER_RETURN_IF_ERROR(CheckIuvCharts(spec, prefix, context.model, context.blobs));
  return CheckIuvFiles(spec, prefix, context.blobs);
}

void SequenceKind::FillDefaults(v1::JobSpec& job, const std::optional<v1::Model>& model) const {
  v1::SequenceSpec& spec = *job.mutable_sequence();
  if (!spec.has_seed()) spec.set_seed(DrawSeed());
  if (!spec.has_preview_every()) spec.set_preview_every(0);
  spec.set_frame_rate(FrameRateOf(spec));
  if (spec.film_format() == v1::FILM_FORMAT_UNSPECIFIED) spec.set_film_format(v1::FILM_FORMAT_MP4);
  FillModelDefaults(model, spec);
}

std::vector<Warning> SequenceKind::WarningsOf(const v1::JobSpec& spec,
                                              const v1::Model& model) const {
  return WarningsOfSpec(spec, model);
}

std::vector<v1::Picture*> SequenceKind::PicturesOf(v1::JobSpec& job) const {
  v1::SequenceSpec& spec = *job.mutable_sequence();
  std::vector<v1::Picture*> pictures = {spec.mutable_source()};
  if (spec.has_film()) pictures.push_back(spec.mutable_film());
  if (spec.has_motion()) {
    for (v1::Picture& pose : *spec.mutable_motion()->mutable_poses()) pictures.push_back(&pose);
  }
  if (spec.has_pose_list()) {
    for (v1::SequencePose& pose : *spec.mutable_pose_list()->mutable_poses()) {
      if (pose.has_picture()) pictures.push_back(pose.mutable_picture());
      if (pose.has_iuv()) pictures.push_back(pose.mutable_iuv());
    }
  }
  AddSwapPictures(*spec.mutable_swaps(), pictures);
  for (v1::Picture& picture : *spec.mutable_sources()) pictures.push_back(&picture);
  return pictures;
}

std::string SequenceKind::BatchKey(const v1::JobSpec& spec) const {
  return spec.sequence().model() + "|sequence|" + std::to_string(spec.sequence().seed());
}

JobSize SequenceKind::SizeOf(const v1::JobSpec& job, BlobReader& blobs) const {
  constexpr int64_t kMegapixel = 1'000'000;
  const v1::SequenceSpec& spec = job.sequence();
  const bool sized = spec.height() > 0 && spec.width() > 0;
  const int64_t picture = sized ? int64_t{spec.height()} * spec.width() : kMegapixel;
  int64_t frames = CountResults(job);
  if (spec.has_film()) {
    const Result<FilmHeader> header = FilmHeaderOf(spec.film(), "", blobs);
    const auto told = header ? FramesOf(*header, FrameRateOf(spec)) : std::nullopt;
    frames = told.value_or(MostFrames());
  }
  JobSize size;
  size.pixels = picture * frames;
  size.step_pixels = size.pixels * std::max(1, spec.steps()) * (spec.guidance() > 1 ? 2 : 1);
  return size;
}

int SequenceKind::CountResults(const v1::JobSpec& job) const {
  const v1::SequenceSpec& spec = job.sequence();
  if (spec.has_pose_list()) return spec.pose_list().poses_size();
  return spec.has_motion() ? spec.motion().frames() : 0;
}

int SequenceKind::MostResults() const { return MostFrames(); }

}  // namespace atelier::server
