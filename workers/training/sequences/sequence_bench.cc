#include "training/sequences/sequence_bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "engine/images/resize.h"
#include "people/files/png_writer.h"
#include "people/fit/retarget.h"
#include "people/keypoints/keypoint_picture.h"
#include "people/motion/film_fitter.h"
#include "people/motion/steady_picture.h"
#include "training/metrics/fpdm_metrics.h"
#include "training/metrics/image_metrics.h"
#include "training/metrics/picture_grid.h"
#include "training/sequences/sequence_scores.h"

namespace atelier::training {
namespace {

/// A film is read at so many times the painted size: networks for photographs read few pixels ill.
constexpr int kFilmScale = 2;
/// Frames on a sheet, of every row.
constexpr int kShownFrames = 8;
/// Of BlazePose's landmarks: wrists, little fingers, index fingers, thumbs, the left one first.
constexpr size_t kFirstHandLandmark = 15, kHandLandmarkCount = 8;

/// Hands' points are read in every so many frames: a reading takes longer than painting.
constexpr size_t kHandStep = 4;

using Images = std::vector<Image>;

/// The poses that one contender paints.
struct Poses {
  Images iuvs;
  Images keypoint_pictures;  // empty unless the model reads them
};

double RightParts(const Image& iuv, const Image& truth) {
  double right = 0, all = 0;
  for (size_t i = 0; i < truth.data.size(); i += 3) {
    if (truth.data[i] == 0) continue;
    ++all;
    right += iuv.data[i] == truth.data[i] ? 1 : 0;
  }
  return all > 0 ? right / all : 1;
}

class SequenceJudge {
 public:
  SequenceJudge(engine::Painter& painter, const SequenceJudges& judges,
                const people::BodyFitter& fitter, const SequenceBenchOptions& options, int index)
      : painter_(painter),
        judges_(judges),
        fitter_(fitter),
        options_(options),
        scene_(SceneOf(*judges.body, index, options.sequence)),
        truth_(RenderSequence(*judges.body, scene_, options.sequence)) {
    result_.index = index;
    result_.kind = scene_.kind;
  }

  Result<SequenceResult> Run() {
    ATELIER_RETURN_IF_ERROR(MakeRequest());
    ATELIER_RETURN_IF_ERROR(ReadTrueHands());
    const Poses exact = ExactPoses();
    ATELIER_RETURN_IF_ERROR(Judge(SequenceContender::kExact, exact));
    ATELIER_RETURN_IF_ERROR(Judge(SequenceContender::kRaw, exact));
    ATELIER_RETURN_IF_ERROR(Judge(SequenceContender::kSingle, exact));
    if (judges_.network != nullptr) ATELIER_RETURN_IF_ERROR(JudgeNetwork());
    if (judges_.reader != nullptr) ATELIER_RETURN_IF_ERROR(JudgeReadPoses());
    ATELIER_RETURN_IF_ERROR(WriteSheet());
    return std::move(result_);
  }

 private:
  using Bodies = std::vector<std::optional<people::FittedBody>>;
  using Observations = std::vector<std::optional<people::PersonObservation>>;
  using HandPoints = std::vector<std::optional<people::PersonObservation>>;

  int height() const { return options_.sequence.picture.height; }
  int width() const { return options_.sequence.picture.width; }
  bool ReadsKeypoints() const { return painter_.info().Reads(engine::Condition::kKeypointPicture); }

  Status MakeRequest() {
    request_.source = truth_.source.rgb;
    request_.texture_map = truth_.texture.colours;
    request_.texture_validity = truth_.texture.validity;
    request_.seed = static_cast<uint64_t>(scene_.index);
    if (truth_.face.empty() || judges_.face == nullptr) return {};
    ATELIER_ASSIGN_OR_RETURN(request_.face_embedding, judges_.face->Embed(truth_.face));
    return {};
  }

  Poses ExactPoses() const {
    Poses poses;
    for (const people::Rendering& frame : truth_.frames) {
      poses.iuvs.push_back(frame.iuv);
      if (ReadsKeypoints()) poses.keypoint_pictures.push_back(PosePicture(frame));
    }
    return poses;
  }

  /// Where nobody was found, the person stays as they were in the frame before.
  Poses PosesOf(const Bodies& bodies) const {
    Poses poses;
    const auto first = std::find_if(bodies.begin(), bodies.end(),
                                    [](const auto& body) { return body.has_value(); });
    std::optional<people::FittedBody> last = first == bodies.end() ? std::nullopt : *first;
    for (const auto& body : bodies) {
      if (body) last = body;
      if (!last) {
        poses.iuvs.emplace_back(height(), width(), 3);
        if (ReadsKeypoints()) poses.keypoint_pictures.emplace_back(height(), width(), 3);
        continue;
      }
      const people::FittedBody here = people::InPicture(*last, 1.0 / kFilmScale, 0, 0);
      poses.iuvs.push_back(fitter_.Iuv(here, height(), width()));
      if (!ReadsKeypoints()) continue;
      poses.keypoint_pictures.push_back(
          people::DrawPosePicture(fitter_.KeypointsOf(here, height(), width()), height(), width()));
    }
    return poses;
  }

  Status JudgeNetwork() {
    Poses poses;
    for (const people::Rendering& frame : truth_.frames) {
      ATELIER_ASSIGN_OR_RETURN(engine::PoseEstimate estimate, judges_.network->Estimate(frame.rgb));
      poses.iuvs.push_back(std::move(estimate.iuv));
      if (!ReadsKeypoints()) continue;
      poses.keypoint_pictures.push_back(
          people::DrawPosePicture(estimate.keypoints, height(), width()));
    }
    return Judge(SequenceContender::kNetwork, poses);
  }

  Status JudgeReadPoses() {
    const std::vector<people::Rendering> film =
        RenderFrames(*judges_.body, scene_, options_.sequence, kFilmScale);
    people::MotionOptions motion_options;
    motion_options.frames_per_second = options_.sequence.frames_per_second;
    people::FilmFitter film_fitter(fitter_, motion_options);
    Bodies alone;
    for (const people::Rendering& frame : film) {
      ATELIER_ASSIGN_OR_RETURN(const auto seen, judges_.reader->Observe(frame.rgb));
      ATELIER_RETURN_IF_ERROR(film_fitter.Add(frame.rgb, seen));
      alone.emplace_back();
      if (!seen) continue;
      if (const auto fit = fitter_.Fit(*seen)) alone.back() = fit->body;
    }
    if (std::none_of(alone.begin(), alone.end(), [](const auto& b) { return b.has_value(); })) {
      return {};
    }
    ATELIER_RETURN_IF_ERROR(Judge(SequenceContender::kAlone, PosesOf(alone)));
    ATELIER_ASSIGN_OR_RETURN(const people::Motion motion, film_fitter.Finish());
    result_.bridged = static_cast<int>(motion.Of(people::FrameState::kBridged).size());
    result_.nobody = static_cast<int>(motion.Of(people::FrameState::kNobody).size());
    ATELIER_RETURN_IF_ERROR(Judge(SequenceContender::kFilm, PosesOf(BodiesOf(motion))));
    const people::Motion steady = people::SteadyMotion(fitter_, alone, {}, motion_options);
    return Judge(SequenceContender::kSteady, PosesOf(BodiesOf(steady)));
  }

  static Bodies BodiesOf(const people::Motion& motion) {
    Bodies bodies;
    for (const people::MotionFrame& frame : motion.frames) bodies.push_back(frame.body);
    return bodies;
  }

  /// Each by itself: batches of one and seeds of their own.
  Result<Images> Paint(const Poses& poses, bool singly, double& seconds) {
    const auto start = std::chrono::steady_clock::now();
    Images painted;
    const size_t batch = singly ? 1 : static_cast<size_t>(options_.batch);
    for (size_t first = 0; first < poses.iuvs.size(); first += batch) {
      std::vector<engine::PaintRequest> requests;
      for (size_t t = first; t < std::min(first + batch, poses.iuvs.size()); ++t) {
        engine::PaintRequest& request = requests.emplace_back(request_);
        request.iuv = poses.iuvs[t];
        if (ReadsKeypoints()) request.keypoint_picture = poses.keypoint_pictures[t];
        if (singly) request.seed += 1000 * (t + 1);
      }
      ATELIER_ASSIGN_OR_RETURN(Images some, painter_.Paint(requests, options_.paint, nullptr));
      std::move(some.begin(), some.end(), std::back_inserter(painted));
    }
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
              static_cast<double>(painted.size());
    return painted;
  }

  Status Judge(SequenceContender contender, const Poses& poses) {
    SequenceScores scores;
    const bool singly = contender == SequenceContender::kSingle;
    ATELIER_ASSIGN_OR_RETURN(Images painted, Paint(poses, singly, scores.seconds_per_frame));
    if (!singly && contender != SequenceContender::kRaw) Steady(poses, painted);
    Mean person, all, parts, hands;
    Flicker of_person, of_all;
    for (size_t t = 0; t < painted.size(); ++t) {
      const people::Rendering& frame = truth_.frames[t];
      person.Add(Psnr(painted[t], frame.rgb, &frame.mask));
      all.Add(Psnr(painted[t], frame.rgb, nullptr));
      parts.Add(RightParts(poses.iuvs[t], frame.iuv));
      if (const auto ssim = HandSsim(painted[t], frame.rgb, truth_.hands[t])) hands.Add(*ssim);
      if (t == 0) continue;
      const auto compare = [&](FlickerPixels pixels, Flicker& flicker) {
        const people::Flow& flow = truth_.flows[t - 1];
        flicker.Add(FrameDifference(painted[t - 1], painted[t], flow, pixels),
                    FrameDifference(truth_.frames[t - 1].rgb, frame.rgb, flow, pixels));
      };
      compare(FlickerPixels::kPerson, of_person);
      compare(FlickerPixels::kAll, of_all);
    }
    scores.person_psnr = person.value();
    scores.psnr = all.value();
    scores.right_parts = parts.value();
    scores.hand_ssim = hands.optional();
    scores.flicker_painted = of_person.painted();
    scores.flicker_truth = of_person.truth();
    scores.flicker = of_person.ratio();
    scores.flicker_all = of_all.ratio();
    ATELIER_ASSIGN_OR_RETURN(scores.hand_error, HandError(painted));
    result_.scores[static_cast<size_t>(contender)] = scores;
    shown_.push_back(EveryShown(painted));
    return {};
  }

  static void Steady(const Poses& poses, Images& painted) {
    for (size_t t = 1; t < painted.size(); ++t) {
      painted[t] =
          people::Steadied({painted[t], poses.iuvs[t]}, {painted[t - 1], poses.iuvs[t - 1]});
    }
  }

  static Image AtScoreSize(const Image& picture) {
    return engine::Resize(picture, kFpdmScoreHeight, kFpdmScoreWidth,
                          engine::ResizeFilter::kBicubic);
  }

  Status ReadTrueHands() {
    if (judges_.reader == nullptr) return {};
    true_hands_.resize(truth_.frames.size());
    for (size_t t = 0; t < true_hands_.size(); t += kHandStep) {
      ATELIER_ASSIGN_OR_RETURN(true_hands_[t],
                               judges_.reader->Observe(AtScoreSize(truth_.frames[t].rgb)));
    }
    return {};
  }

  Result<std::optional<double>> HandError(const Images& painted) {
    if (judges_.reader == nullptr) return std::nullopt;
    Mean error;
    for (size_t t = 0; t < painted.size(); ++t) {
      if (!true_hands_[t]) continue;
      ATELIER_ASSIGN_OR_RETURN(const auto seen, judges_.reader->Observe(AtScoreSize(painted[t])));
      if (!seen) continue;
      for (size_t i = 0; i < kHandLandmarkCount; ++i) {
        if (!truth_.hands[t][i % 2].visible) continue;
        const size_t landmark = kFirstHandLandmark + i;
        const auto& a = seen->landmarks[landmark];
        const auto& b = true_hands_[t]->landmarks[landmark];
        error.Add(static_cast<double>(std::abs(a.x - b.x) + std::abs(a.y - b.y)) / 2);
      }
    }
    return error.optional();
  }

  static Images EveryShown(const Images& frames) {
    Images some;
    const size_t step = std::max<size_t>(1, frames.size() / kShownFrames);
    for (size_t t = 0; t < frames.size() && some.size() < kShownFrames; t += step) {
      some.push_back(frames[t]);
    }
    return some;
  }

  /// The truth's frames, then each contender's, in the order in which they were judged.
  Status WriteSheet() {
    if (options_.sheets.empty()) return {};
    Images truth;
    for (const people::Rendering& frame : truth_.frames) truth.push_back(frame.rgb);
    std::vector<Images> rows = {EveryShown(truth)};
    rows.insert(rows.end(), shown_.begin(), shown_.end());
    for (Images& row : rows) row.insert(row.begin(), truth_.source.rgb);
    return people::WriteImage(
        Grid(rows), options_.sheets / ("sequence-" + std::to_string(scene_.index) + ".png"));
  }

  engine::Painter& painter_;
  const SequenceJudges& judges_;
  const people::BodyFitter& fitter_;
  const SequenceBenchOptions& options_;
  const SequenceScene scene_;
  const RenderedSequence truth_;
  engine::PaintRequest request_;
  HandPoints true_hands_;
  std::vector<Images> shown_;
  SequenceResult result_;
};

}  // namespace

Result<std::vector<SequenceResult>> RunSequenceBench(
    engine::Painter& painter, const SequenceJudges& judges, const SequenceBenchOptions& options,
    const std::function<void(int done)>& on_sequence) {
  const people::BodyFitter fitter(judges.body);
  std::vector<SequenceResult> results;
  for (int i = 0; i < options.sequences; ++i) {
    SequenceJudge judge(painter, judges, fitter, options, options.first + i);
    ATELIER_ASSIGN_OR_RETURN(SequenceResult result, judge.Run());
    results.push_back(std::move(result));
    on_sequence(i + 1);
  }
  return results;
}

std::array<std::optional<SequenceScores>, kSequenceContenderCount> MeansOf(
    const std::vector<SequenceResult>& results, bool walks_alone) {
  std::array<std::optional<SequenceScores>, kSequenceContenderCount> means;
  for (size_t contender = 0; contender < means.size(); ++contender) {
    Mean person, all, painted, truth, flicker, flicker_all, ssim, error, parts, seconds;
    const auto add = [](Mean& mean, const std::optional<double>& value) {
      if (value) mean.Add(*value);
    };
    for (const SequenceResult& result : results) {
      const bool walks =
          result.kind == people::MotionKind::kWalk || result.kind == people::MotionKind::kCross;
      const auto& scores = result.scores[contender];
      if (!scores || (walks_alone && !walks)) continue;
      person.Add(scores->person_psnr);
      all.Add(scores->psnr);
      painted.Add(scores->flicker_painted);
      truth.Add(scores->flicker_truth);
      add(flicker, scores->flicker);
      add(flicker_all, scores->flicker_all);
      add(ssim, scores->hand_ssim);
      add(error, scores->hand_error);
      parts.Add(scores->right_parts);
      seconds.Add(scores->seconds_per_frame);
    }
    if (person.count() == 0) continue;
    means[contender] = SequenceScores{.person_psnr = person.value(),
                                      .psnr = all.value(),
                                      .flicker_painted = painted.value(),
                                      .flicker_truth = truth.value(),
                                      .flicker = flicker.optional(),
                                      .flicker_all = flicker_all.optional(),
                                      .hand_ssim = ssim.optional(),
                                      .hand_error = error.optional(),
                                      .right_parts = parts.value(),
                                      .seconds_per_frame = seconds.value()};
  }
  return means;
}

}  // namespace atelier::training
