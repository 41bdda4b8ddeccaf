#include "client/cli/sequence/sequence_flags.h"

#include <google/protobuf/util/json_util.h>

#include "client/cli/commands/estimator_flag.h"
#include "client/cli/commands/iuv_channels_flag.h"
#include "client/cli/commands/model_flag.h"
#include "client/cli/commands/person_flag.h"
#include "client/cli/commands/reading_flags.h"
#include "client/cli/files/inputs.h"
#include "client/local_file.h"
#include "client/sendable.h"
#include "limits/limits.h"
#include "picture/film/film_header.h"

namespace atelier::cli {

namespace {

Result<v1::PoseKeypoints> KeypointsFromJson(const std::string& json, const std::string& path) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  v1::PoseKeypoints keypoints;
  const bool whole = google::protobuf::util::JsonStringToMessage(json, &keypoints, options).ok() &&
                     !keypoints.keypoints().empty();
  if (whole) return keypoints;
  return client::BadArgument(
      "--poses", "a file of keypoints: JSON with `keypoints`, `height` and `width`", path);
}

Status AddPose(const std::string& path, v1::PoseList& list) {
  if (!path.ends_with(".json")) {
    ATELIER_ASSIGN_OR_RETURN(*list.add_poses()->mutable_picture(), PictureFromInput(path));
    return {};
  }
  ATELIER_ASSIGN_OR_RETURN(const std::string json, ReadInput(path));
  ATELIER_ASSIGN_OR_RETURN(*list.add_poses()->mutable_keypoints(), KeypointsFromJson(json, path));
  return {};
}

Status AddMotion(const SequenceFlags& flags, v1::SequenceSpec& spec) {
  spec.mutable_motion()->set_frames(*flags.frames);
  for (const std::string& path : flags.poses) {
    ATELIER_ASSIGN_OR_RETURN(*spec.mutable_motion()->add_poses(), PictureFromInput(path));
  }
  return {};
}

/// Whether the file at `path` is a film; its bytes are then in `film`.
Result<bool> ReadIfFilm(const std::string& path, v1::Picture& film) {
  if (path == kDash || path.ends_with(".json")) return false;
  ATELIER_ASSIGN_OR_RETURN(std::string bytes,
                           client::ReadFile(path, static_cast<size_t>(kMaxFilmBytes)));
  if (!RecogniseFilm(bytes)) return false;
  ATELIER_RETURN_IF_ERROR(ReadFilmHeader(bytes, "--poses"));
  film.set_data(std::move(bytes));
  return true;
}

Status AddPoses(const SequenceFlags& flags, v1::SequenceSpec& spec) {
  for (const std::string& path : flags.pose_iuvs) {
    v1::SequencePose& pose = *spec.mutable_pose_list()->add_poses();
    ATELIER_ASSIGN_OR_RETURN(*pose.mutable_iuv(), PictureFromInput(path));
  }
  if (!flags.pose_iuvs.empty()) return {};
  if (flags.poses.size() == 1) {
    v1::Picture film;
    ATELIER_ASSIGN_OR_RETURN(const bool is_film, ReadIfFilm(flags.poses.front(), film));
    if (is_film && flags.frames) {
      return client::BadArgument("--frames", "absent with a film, whose frames are taken at --rate",
                                 std::to_string(*flags.frames));
    }
    if (is_film) {
      *spec.mutable_film() = std::move(film);
      return {};
    }
  }
  if (flags.frames) return AddMotion(flags, spec);
  for (const std::string& path : flags.poses) {
    ATELIER_RETURN_IF_ERROR(AddPose(path, *spec.mutable_pose_list()));
  }
  return {};
}

void AddPaintingFlags(CLI::App& command, SequenceFlags& flags) {
  AddModelFlag(command, flags.model);
  command.add_option("--steps", flags.steps,
                     "Denoising steps of each frame, " + RuleOf<v1::SequenceSpec>("steps"));
  command.add_option("--guidance", flags.guidance,
                     "Guidance scale, " + RuleOf<v1::SequenceSpec>("guidance"));
  command.add_option("--seed", flags.seed, "Seed of the noise, which all frames share");
  command.add_option("--scheduler", flags.scheduler, "One of the model's schedulers");
  command.add_option("--height", flags.height, "Pixels, " + RuleOf<v1::SequenceSpec>("height"));
  command.add_option("--width", flags.width, "Pixels, " + RuleOf<v1::SequenceSpec>("width"));
  command.add_option(
      "--output-scale", flags.output_scale,
      "Pixels of the result for each that is painted, " + RuleOf<v1::SequenceSpec>("output_scale"));
  command
      .add_option("--keep-shape", flags.keep_shape,
                  "Whose body is painted: the source's (default) or the poses'")
      ->check(CLI::IsMember({"source", "target"}));
  AddEstimatorFlag(command, flags.source_estimator, "--source-estimator");
  AddEstimatorFlag(command, flags.pose_estimator, "--pose-estimator");
  AddPersonFlag(command, "--source-person", "the source", flags.source_person);
  AddPersonFlag(command, "--pose-person", "the poses' pictures", flags.pose_person);
}

}  // namespace

void AddSequenceFlags(CLI::App& command, SequenceFlags& flags) {
  command.add_option("source", flags.source, "Picture of the person; - for standard input")
      ->required();
  auto* target = command.add_option_group("target", "The poses: exactly one");
  target->add_option("--poses", flags.poses,
                     "A film of anybody (MP4, WebM, GIF); or pictures, or files of keypoints "
                     "(.json), a frame each");
  target->add_option("--poses-iuv", flags.pose_iuvs,
                     "The poses as IUV pictures (PNG), a frame each");
  target->require_option(1);
  command.add_option("--frames", flags.frames,
                     "So many frames of a motion from each of --poses to the next, " +
                         RuleOf<v1::PoseMotion>("frames"));
  command.add_option("--rate", flags.rate,
                     "Frames a second, also those taken from a film, " +
                         RuleOf<v1::SequenceSpec>("frame_rate") + "; default: 12");
  command.add_option("--iuv-chart", flags.iuv_chart, "Chart of --poses-iuv: atelier or densepose");
  AddIuvChannelsFlag(command, flags.iuv_channels, "--poses-iuv");
  command
      .add_option("--also", flags.sources,
                  "Further photographs of the person, " + RuleOf<v1::SequenceSpec>("sources"))
      ->delimiter(',');
  AddSwapFlags(command);
  AddPaintingFlags(command, flags);
  AddJobTermsFlags(command, flags.terms);
}

Result<v1::JobSpec> SequenceFromFlags(const SequenceFlags& flags,
                                      const std::vector<SwapArgument>& swaps) {
  std::vector<Given> inputs = FilesOf(swaps);
  inputs.insert(inputs.begin(), {"source", flags.source});
  for (const std::string& path : flags.poses) inputs.push_back({"--poses", path});
  for (const std::string& path : flags.pose_iuvs) inputs.push_back({"--poses-iuv", path});
  for (const std::string& path : flags.sources) inputs.push_back({"--also", path});
  ATELIER_RETURN_IF_ERROR(CheckInputs(inputs));
  v1::JobSpec job;
  v1::SequenceSpec& spec = *job.mutable_sequence();
  v1::EditSpec edit;
  if (!swaps.empty()) ATELIER_RETURN_IF_ERROR(AddSwaps(swaps, edit));
  *spec.mutable_swaps() = edit.swaps();
  ATELIER_ASSIGN_OR_RETURN(*spec.mutable_source(), PictureFromInput(flags.source));
  ATELIER_RETURN_IF_ERROR(AddPoses(flags, spec));
  for (const std::string& path : flags.sources) {
    ATELIER_ASSIGN_OR_RETURN(*spec.add_sources(), PictureFromInput(path));
  }
  spec.set_iuv_chart(flags.iuv_chart);
  spec.set_iuv_channels(IuvChannelsOf(flags.iuv_channels));
  spec.set_model(ModelOf(flags.model));
  spec.set_scheduler(flags.scheduler);
  ATELIER_RETURN_IF_ERROR(SetReading(flags, spec));
  if (flags.seed) spec.set_seed(*flags.seed);
  if (flags.height) spec.set_height(*flags.height);
  if (flags.width) spec.set_width(*flags.width);
  if (flags.steps) spec.set_steps(*flags.steps);
  if (flags.output_scale) spec.set_output_scale(*flags.output_scale);
  if (flags.guidance) spec.set_guidance(*flags.guidance);
  if (flags.rate) spec.set_frame_rate(*flags.rate);
  SetTerms(flags.terms, job);
  return job;
}

}  // namespace atelier::cli
