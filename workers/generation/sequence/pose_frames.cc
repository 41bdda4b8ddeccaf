#include "generation/sequence/pose_frames.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/iuv_chart.h"
#include "film/film_reader.h"
#include "generation/sequence/frame_warnings.h"
#include "imaging/picture_codec.h"
#include "limits/limits.h"
#include "people/fit/retarget.h"
#include "people/keypoints/keypoint_picture.h"
#include "people/motion/film_cuts.h"
#include "people/motion/interpolate.h"
#include "people/motion/motion.h"

namespace atelier::generation {
namespace {

using SharedConditions = ConditionReader::SharedConditions;

int MostFrames() {
  return static_cast<int>(LimitOf(*v1::PoseMotion::descriptor(), "frames").max());
}

/// Whether a frame's error is another than that no body can be found or fitted in it: one frame of
/// a film that shows half a person is no reason to fail.
bool ShowsBody(const Error& error) {
  return error.reason != kNoPersonReason && error.reason != "FIT_POOR" &&
         error.reason != "HEAD_NOT_SEEN";
}

/// Reads the frames of one job.
class PoseFrameReader {
 public:
  PoseFrameReader(JobPreparer& preparer, const PoseFramesOf& of, const JobContext& job)
      : preparer_(preparer),
        of_(of),
        spec_(of.spec),
        job_(job),
        parts_{.iuv = job.model.Reads(engine::Condition::kTargetIuv),
               .keypoint_picture = job.model.Reads(engine::Condition::kKeypointPicture)},
        fits_bodies_(preparer.fitter() != nullptr &&
                     (!parts_.iuv || job.model.iuv_chart == kAtelierChart)),
        prefers_bodies_(fits_bodies_ && spec_.pose_estimator() != v1::ESTIMATOR_RENDERED &&
                        spec_.pose_estimator() != v1::ESTIMATOR_PHOTOGRAPH) {}

  Result<std::vector<PoseFrame>> Read() {
    switch (spec_.poses_case()) {
      case v1::SequenceSpec::kPoseList:
        return ReadList();
      case v1::SequenceSpec::kFilm:
        return ReadFilm();
      case v1::SequenceSpec::kMotion:
        return ReadMotion();
      case v1::SequenceSpec::POSES_NOT_SET:
        break;
    }
    return InvalidField("poses", "one of pose_list, film and motion", "none");
  }

 private:
  Result<std::vector<PoseFrame>> ReadList() {
    std::vector<PoseFrame> frames;
    FrameWarnings found;
    for (int i = 0; i < spec_.pose_list().poses_size(); ++i) {
      const std::string field = "pose_list.poses[" + std::to_string(i) + "]";
      std::vector<Warning> warnings;
      const JobContext into{job_.model, job_.stop, warnings, job_.lease};
      ATELIER_ASSIGN_OR_RETURN(frames.emplace_back(),
                               ReadPose(spec_.pose_list().poses(i), field, into));
      found.Add(i, std::move(warnings));
    }
    std::ranges::copy(found.Merged("pose_list"), std::back_inserter(job_.warnings));
    return frames;
  }

  Result<PoseFrame> ReadPose(const v1::SequencePose& pose, const std::string& field,
                             const JobContext& job) {
    if (pose.has_keypoints()) return Drawn(pose.keypoints(), field + ".keypoints");
    const TargetPictures target{.pose_picture = pose.has_picture() ? &pose.picture() : nullptr,
                                .pose_iuv = pose.has_iuv() ? &pose.iuv() : nullptr,
                                .pose_field = field + ".picture",
                                .iuv_field = field + ".iuv",
                                .iuv_chart = spec_.iuv_chart(),
                                .iuv_channels = spec_.iuv_channels(),
                                .reading = Reading(),
                                .keeps_shape = KeepsShape()};
    engine::PaintRequest request;
    ATELIER_ASSIGN_OR_RETURN(const auto body, preparer_.FillTarget(target, of_.source, of_.height,
                                                                   of_.width, job, request));
    return Kept(request.iuv, request.keypoint_picture, body);
  }

  Result<PoseFrame> Drawn(const v1::PoseKeypoints& pose, const std::string& field) {
    if (!parts_.keypoint_picture) {
      return InvalidField(field, "absent: the model reads no keypoints", "keypoints");
    }
    Keypoints keypoints{};
    for (int i = 0; i < pose.keypoints_size(); ++i) {
      const v1::Keypoint& given = pose.keypoints(i);
      const auto name = std::find(kKeypointNames.begin(), kKeypointNames.end(), given.name());
      if (name == kKeypointNames.end()) {
        return InvalidField(field + ".keypoints[" + std::to_string(i) + "].name",
                            "one of OpenPose's 18 keypoints, e.g. nose", given.name());
      }
      keypoints[static_cast<size_t>(name - kKeypointNames.begin())] = {given.x(), given.y(),
                                                                       given.confidence()};
    }
    return Kept(Image(), people::DrawPosePicture(keypoints, pose.height(), pose.width()),
                std::nullopt);
  }

  /// What is seen in a film's frames.
  struct Film {
    /// Null: nobody.
    std::vector<SharedConditions> poses;
    std::vector<people::FrameLook> looks;
  };

  Result<std::vector<PoseFrame>> ReadFilm() {
    ATELIER_ASSIGN_OR_RETURN(const Film film, ReadMoving([this] { return ReadPoses(); }));
    WarnOfNobody(film);
    const std::vector<int> cuts = people::FindCuts(film.looks);
    if (!cuts.empty()) {
      job_.warnings.push_back(
          {"FILM_CUT", "film",
           "the film is cut before frame " + FrameNumbers(cuts) + ": the motion jumps there",
           static_cast<double>(cuts.size()), 0.0});
    }
    const std::vector<std::optional<people::FittedBody>> fits = FitsOf(film);
    const auto fitted = std::ranges::count_if(fits, [](const auto& fit) { return !!fit; });
    const auto seen = std::ranges::count_if(film.poses, [](const auto& pose) { return !!pose; });
    // Bodies are fitted to photographs alone.
    if (2 * fitted <= seen) return FramesAsRead(film);
    people::MotionOptions options;
    options.frames_per_second = spec_.frame_rate();
    const people::Motion motion = people::SteadyMotion(*preparer_.fitter(), fits, cuts, options);
    return FramesOf(BodiesOf(motion));
  }

  Result<Film> ReadPoses() {
    ATELIER_ASSIGN_OR_RETURN(std::string bytes,
                             preparer_.reader().Bytes(spec_.film(), "film", job_));
    const std::string key = FilmKey();
    ATELIER_ASSIGN_OR_RETURN(const auto reader,
                             film::FilmReader::Open(std::move(bytes), "film", spec_.frame_rate()));
    Film film;
    FrameWarnings found;
    while (true) {
      if (job_.stop.stop_requested()) {
        return MakeError(Code::kCancelled, "CANCELLED", "nobody wants the job any more");
      }
      ATELIER_ASSIGN_OR_RETURN(const std::optional<Image> frame, reader->Next());
      if (!frame) break;
      const int number = static_cast<int>(film.poses.size());
      if (number >= MostFrames()) {
        return InvalidField(
            "film", "of at most " + std::to_string(MostFrames()) + " frames at the frame_rate",
            "more");
      }
      film.looks.push_back(people::LookOf(*frame));
      ATELIER_ASSIGN_OR_RETURN(film.poses.emplace_back(),
                               ReadFrame(*frame, key + std::to_string(number)));
      if (film.poses.back()) found.Add(number, film.poses.back()->warnings);
    }
    if (std::ranges::none_of(film.poses, [](const auto& pose) { return !!pose; })) {
      Error error{
          Code::kFailedPrecondition, kNoPersonReason,
          "film: no person is found in any of its " + std::to_string(film.poses.size()) + " frames",
          "film"};
      return Unexpected(std::move(error));
    }
    std::ranges::copy(found.Merged("film"), std::back_inserter(job_.warnings));
    return film;
  }

  std::string FilmKey() const {
    return "film:" + job_.model.name + ":" + ContentKey(spec_.film()) + ":" +
           std::to_string(spec_.frame_rate()) + ":" + std::to_string(of_.height) + "x" +
           std::to_string(of_.width) + ":" + std::to_string(MovingReading().estimator) + ":" +
           spec_.pose_person().SerializeAsString() + ":";
  }

  /// Null when the frame shows nobody whose pose can be read.
  Result<SharedConditions> ReadFrame(const Image& frame, const std::string& key) {
    if (auto known = preparer_.reader().FindFrame(key)) return known;
    auto pose = preparer_.reader().ReadFrame(frame, key, "film", MovingReading(), parts_,
                                             of_.height, of_.width, job_);
    if (!pose && !ShowsBody(pose.error())) return SharedConditions();
    return pose;
  }

  void WarnOfNobody(const Film& film) {
    std::vector<int> without;
    for (size_t i = 0; i < film.poses.size(); ++i) {
      if (!film.poses[i]) without.push_back(static_cast<int>(i));
    }
    if (without.empty()) return;
    job_.warnings.push_back({"FRAMES_WITHOUT_PERSON", "film",
                             "no person is found in frame " + FrameNumbers(without) +
                                 ": painted in a pose of the frames around",
                             static_cast<double>(without.size()), 0.0});
  }

  /// The bodies that were fitted, in pixels of the painting.
  std::vector<std::optional<people::FittedBody>> FitsOf(const Film& film) const {
    std::vector<std::optional<people::FittedBody>> fits;
    for (const auto& pose : film.poses) {
      auto& fit = fits.emplace_back();
      if (fits_bodies_ && pose && pose->body) fit = InPainting(*pose);
    }
    return fits;
  }

  /// REQUIRES: a body was fitted to it.
  people::FittedBody InPainting(const Conditions& pose) const {
    const Image& shown = pose.iuv.empty() ? pose.keypoint_picture : pose.iuv;
    return people::InPicture(*pose.body, static_cast<double>(of_.height) / shown.height, 0, 0);
  }

  /// One for each frame: those without one get that of the frame before, the first ones that of the
  /// first that has one.
  static std::vector<people::FittedBody> BodiesOf(const people::Motion& motion) {
    std::optional<people::FittedBody> last;
    for (const people::MotionFrame& frame : motion.frames) {
      if (frame.body && !last) last = frame.body;
    }
    std::vector<people::FittedBody> bodies;
    for (const people::MotionFrame& frame : motion.frames) {
      if (frame.body) last = frame.body;
      bodies.push_back(*last);
    }
    return bodies;
  }

  /// The same of frames to which no body is fitted. REQUIRES: somebody is seen in one.
  Result<std::vector<PoseFrame>> FramesAsRead(const Film& film) {
    SharedConditions last =
        *std::ranges::find_if(film.poses, [](const auto& pose) { return !!pose; });
    std::vector<PoseFrame> frames;
    for (const auto& pose : film.poses) {
      if (pose) last = pose;
      ATELIER_ASSIGN_OR_RETURN(frames.emplace_back(),
                               Kept(last->iuv, last->keypoint_picture, std::nullopt));
    }
    return frames;
  }

  /// In the shape of the source's own body, where it has one and keeps it.
  Result<std::vector<PoseFrame>> FramesOf(std::vector<people::FittedBody> bodies) {
    const people::BodyFitter& fitter = *preparer_.fitter();
    const bool is_photograph =
        of_.source != nullptr && of_.source->is_photograph && of_.source->body;
    if (is_photograph && spec_.keep_shape() != v1::KEEP_SHAPE_TARGET) {
      bodies = people::InMotionOf(fitter, *of_.source->body, bodies);
    }
    std::vector<PoseFrame> frames;
    for (const people::FittedBody& body : bodies) {
      Image iuv, keypoint_picture;
      if (parts_.iuv) iuv = fitter.Iuv(body, of_.height, of_.width);
      if (parts_.keypoint_picture) {
        keypoint_picture = people::DrawPosePicture(fitter.KeypointsOf(body, of_.height, of_.width),
                                                   of_.height, of_.width);
      }
      ATELIER_ASSIGN_OR_RETURN(
          frames.emplace_back(),
          Kept(iuv, keypoint_picture,
               is_photograph ? std::optional<people::FittedBody>(body) : std::nullopt));
    }
    return frames;
  }

  Result<std::vector<PoseFrame>> ReadMotion() {
    const v1::PoseMotion& motion = spec_.motion();
    const auto not_fitted = [](const std::string& field) {
      Error error{Code::kFailedPrecondition, "NOT_FITTED",
                  field +
                      ": a motion needs a body that is fitted to each pose: photographs of "
                      "people who are seen with their head",
                  field};
      return Unexpected(std::move(error));
    };
    std::vector<people::FittedBody> poses;
    for (int i = 0; i < motion.poses_size(); ++i) {
      const std::string field = "motion.poses[" + std::to_string(i) + "]";
      ATELIER_ASSIGN_OR_RETURN(const auto pose, ReadMoving([&] {
                                 return preparer_.reader().ReadPose(motion.poses(i), field,
                                                                    MovingReading(), parts_,
                                                                    of_.height, of_.width, job_);
                               }));
      if (!fits_bodies_ || !pose->body) return not_fitted(field);
      poses.push_back(InPainting(*pose));
    }
    ATELIER_ASSIGN_OR_RETURN(std::vector<people::FittedBody> bodies,
                             people::InterpolatePoses(*preparer_.fitter(), poses, motion.frames(),
                                                      {.height = of_.height, .width = of_.width}));
    return FramesOf(std::move(bodies));
  }

  static Result<PoseFrame> Kept(const Image& iuv, const Image& keypoint_picture,
                                const std::optional<people::FittedBody>& body) {
    PoseFrame frame{.body = body};
    if (!iuv.empty()) {
      ATELIER_ASSIGN_OR_RETURN(frame.iuv_png, imaging::EncodePng(iuv));
    }
    if (!keypoint_picture.empty()) {
      ATELIER_ASSIGN_OR_RETURN(frame.keypoint_png, imaging::EncodePng(keypoint_picture));
    }
    return frame;
  }

  PoseReading Reading() const { return {spec_.pose_estimator(), spec_.pose_person()}; }

  /// How a pose is read that is to move: by the networks for photographs, whose landmarks a body is
  /// fitted to, in rendered pictures as well. The model's own network reads every frame by itself,
  /// and loses legs that are seen from the side.
  PoseReading MovingReading() const {
    if (!prefers_bodies_) return Reading();
    return {v1::ESTIMATOR_PHOTOGRAPH, spec_.pose_person()};
  }

  /// `read`, which reads by MovingReading(); once more, as asked for, where the pose service turns
  /// out to have no networks for photographs or they see nobody.
  template <typename Read>
  auto ReadMoving(const Read& read) -> decltype(read()) {
    auto poses = read();
    if (poses || !prefers_bodies_) return poses;
    const std::string& reason = poses.error().reason;
    if (reason != "NO_PHOTOGRAPH_NETWORKS" && reason != kNoPersonReason) return poses;
    prefers_bodies_ = false;
    return read();
  }

  bool KeepsShape() const { return spec_.keep_shape() != v1::KEEP_SHAPE_TARGET; }

  JobPreparer& preparer_;
  const PoseFramesOf& of_;
  const v1::SequenceSpec& spec_;
  const JobContext& job_;
  const PoseParts parts_;
  /// Whether bodies may be moved: there is a fitter, and its chart is the model's.
  const bool fits_bodies_;
  /// Whether poses are read so that a body is fitted to them. The caller may ask for an estimator.
  bool prefers_bodies_;
};

}  // namespace

Result<std::vector<PoseFrame>> ReadPoseFrames(JobPreparer& preparer, const PoseFramesOf& of,
                                              const JobContext& job) {
  return PoseFrameReader(preparer, of, job).Read();
}

}  // namespace atelier::generation
