#include "people/motion/film_fitter.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "people/fit/facing.h"
#include "people/fit/outline.h"
#include "people/fit/retarget.h"
#include "people/motion/film_cuts.h"
#include "people/motion/measured_poses.h"

namespace atelier::people {
namespace {

/// Longer side of what is kept of a mask: the size that BodyFitter works in.
constexpr int kKeptSize = 512;
/// Frames that the body is pooled from, at most.
constexpr int kPooledFrames = 16;
/// A landmark error over the person's height from which on a frame counts as misread.
constexpr double kMisread = .08;
/// Degrees of turning that it costs to take a frame's landmarks for the wrong way round.
constexpr double kTurnedCost = 20;
constexpr uint8_t kNobodyThere = 8;

std::string SizeOf(const Image& picture) {
  return std::to_string(picture.width) + " x " + std::to_string(picture.height) + ", " +
         std::to_string(picture.channels) + " channels";
}

/// The part of a mask that is not empty.
struct KeptMask {
  int height = 0, width = 0;  // of the whole
  int top = 0, left = 0;
  Image part;
};

KeptMask Keep(const Image& mask) {
  int top = mask.height, bottom = 0, left = mask.width, right = 0;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (*mask.at(y, x) < kNobodyThere) continue;
      top = std::min(top, y);
      bottom = y + 1;
      left = std::min(left, x);
      right = std::max(right, x + 1);
    }
  }
  KeptMask kept{mask.height, mask.width, top, left, {}};
  if (bottom == 0) return kept;
  kept.part = Image(bottom - top, right - left, 1);
  for (int y = top; y < bottom; ++y)
    std::copy_n(mask.at(y, left), right - left, kept.part.at(y - top, 0));
  return kept;
}

Image Whole(const KeptMask& kept) {
  Image mask(kept.height, kept.width, 1);
  for (int y = 0; y < kept.part.height; ++y) {
    std::copy_n(kept.part.at(y, 0), kept.part.width, mask.at(kept.top + y, kept.left));
  }
  return mask;
}

/// Of frames in a row with a person: which are the wrong way round, so that the person turns least.
/// `yaws`: of the torso, degrees.
std::vector<bool> FindTurned(const std::vector<double>& yaws) {
  // Seen from the other side, left for right and near for far, a torso at `yaw` is at 180 - yaw.
  const auto yaw = [&](size_t t, bool turned) { return turned ? 180 - yaws[t] : yaws[t]; };
  std::vector<std::array<double, 2>> costs(yaws.size());
  std::vector<std::array<bool, 2>> best(yaws.size());
  for (size_t t = 0; t < yaws.size(); ++t) {
    for (size_t now = 0; now < 2; ++now) {
      costs[t][now] = now == 1 ? kTurnedCost : 0;
      if (t == 0) continue;
      std::array<double, 2> over{};
      for (size_t before = 0; before < 2; ++before) {
        over[before] =
            costs[t - 1][before] + AngleBetween(yaw(t, now == 1), yaw(t - 1, before == 1));
      }
      best[t][now] = over[1] < over[0];
      costs[t][now] += std::min(over[0], over[1]);
    }
  }
  std::vector<bool> turned(yaws.size());
  if (yaws.empty()) return turned;
  bool state = costs.back()[1] < costs.back()[0];
  for (size_t t = yaws.size(); t-- > 0;) {
    turned[t] = state;
    state = best[t][state ? 1 : 0];
  }
  return turned;
}

}  // namespace

/// What is kept of a frame; the observation is in pixels of the kept mask, and without it.
struct FilmFitter::Frame {
  FrameLook look{};
  std::optional<PersonObservation> person;
  KeptMask mask;

  PersonObservation Observation() const {
    PersonObservation out = *person;
    out.mask = Whole(mask);
    return out;
  }
};

FilmFitter::FilmFitter(const BodyFitter& fitter, const MotionOptions& options)
    : fitter_(fitter), options_(options) {}
FilmFitter::~FilmFitter() = default;

Status FilmFitter::Add(const Image& picture, const std::optional<PersonObservation>& person) {
  if (picture.empty() || picture.channels != 3) {
    return InvalidField("picture", "RGB", SizeOf(picture));
  }
  if (frames_.empty()) {
    height_ = picture.height;
    width_ = picture.width;
  }
  const auto same_size = [&](const Image& image) {
    return image.height == height_ && image.width == width_;
  };
  const std::string first = std::to_string(width_) + " x " + std::to_string(height_);
  if (!same_size(picture)) {
    return InvalidField("picture", "as large as the film's first, " + first, SizeOf(picture));
  }
  auto frame = std::make_unique<Frame>();
  frame->look = LookOf(picture);
  if (person) {
    if (!same_size(person->mask) || person->mask.channels != 1) {
      return InvalidField("mask", "one channel as large as the picture, " + first,
                          SizeOf(person->mask));
    }
    frame->person = *person;
    frame->person->mask = Image();
    const double scale = std::min(1.0, static_cast<double>(kKeptSize) / std::max(height_, width_));
    const auto side = [&](int pixels) {
      return std::max(1, static_cast<int>(std::lround(pixels * scale)));
    };
    for (ObservedLandmark& landmark : frame->person->landmarks) {
      landmark.x *= static_cast<float>(scale);
      landmark.y *= static_cast<float>(scale);
    }
    frame->mask =
        Keep(scale < 1 ? ResizeMask(person->mask, side(height_), side(width_)) : person->mask);
  }
  frames_.push_back(std::move(frame));
  return {};
}

/// One Finish().
class FilmFitter::Run {
 public:
  Run(FilmFitter& film, const std::function<bool(int, int)>& on_progress)
      : fitter_(film.fitter_),
        options_(film.options_),
        frames_(film.frames_),
        on_progress_(on_progress) {
    for (size_t t = 0; t < frames_.size(); ++t) {
      if (frames_[t]->person) seen_.push_back(t);
    }
    all_ = static_cast<int>(seen_.size() + PooledFrames().size());
  }

  Result<Motion> Finish() {
    if (seen_.empty()) {
      return MakeError(Code::kFailedPrecondition, "NO_PERSON", "nobody is seen in any frame");
    }
    FindFilmCuts();
    TurnWrongOnes();
    ATELIER_RETURN_IF_ERROR(PoolBody());
    ATELIER_RETURN_IF_ERROR(FitPoses());
    FindJumps(fitter_, options_, poses_, cuts_);
    return MakeMotion(poses_, std::move(cuts_), options_);
  }

 private:
  Status Step() {
    ++done_;
    if (!on_progress_ || on_progress_(done_, all_)) return {};
    return MakeError(Code::kCancelled, "CANCELLED", "the caller cancelled");
  }

  /// Of seen_, evenly.
  std::vector<size_t> PooledFrames() const {
    const size_t count = std::min<size_t>(kPooledFrames, seen_.size());
    std::vector<size_t> chosen;
    for (size_t i = 0; i < count; ++i)
      chosen.push_back(seen_[(2 * i + 1) * seen_.size() / (2 * count)]);
    return chosen;
  }

  void FindFilmCuts() {
    std::vector<FrameLook> looks;
    for (const auto& frame : frames_) looks.push_back(frame->look);
    cuts_ = FindCuts(looks);
  }

  bool IsCut(size_t t) const {
    return std::binary_search(cuts_.begin(), cuts_.end(), static_cast<int>(t));
  }

  void TurnWrongOnes() {
    std::vector<size_t> shot;
    const auto finish = [&] {
      std::vector<double> yaws;
      for (const size_t t : shot) yaws.push_back(ObservedTorsoYaw(*frames_[t]->person));
      const std::vector<bool> turned = FindTurned(yaws);
      for (size_t i = 0; i < shot.size(); ++i) {
        if (turned[i]) frames_[shot[i]]->person = TurnedAround(*frames_[shot[i]]->person);
      }
      shot.clear();
    };
    for (size_t t = 0; t < frames_.size(); ++t) {
      if (IsCut(t)) finish();
      if (frames_[t]->person) shot.push_back(t);
    }
    finish();
  }

  Status PoolBody() {
    std::vector<FittedBody> fits;
    Error last;
    for (const size_t t : PooledFrames()) {
      const PersonObservation observation = frames_[t]->Observation();
      FitOptions options = options_.fit;
      options.facing =
          std::abs(ObservedTorsoYaw(observation)) > 90 ? Facing::kBack : Facing::kFront;
      const auto fit = fitter_.Fit(observation, options);
      if (fit) {
        fits.push_back(fit->body);
      } else {
        last = fit.error();
      }
      ATELIER_RETURN_IF_ERROR(Step());
    }
    if (fits.empty()) return Propagate(last, "no frame of the film can be fitted");
    body_ = PooledBody(fits);
    return {};
  }

  Status FitPoses() {
    poses_.resize(frames_.size());
    std::optional<FittedBody> before;
    // The picture's own size, from that of the kept mask.
    for (size_t t = 0; t < frames_.size(); ++t) {
      if (IsCut(t) || !frames_[t]->person) before.reset();
      if (!frames_[t]->person) continue;
      const PersonObservation observation = frames_[t]->Observation();
      const auto fit =
          fitter_.FitPose(observation, body_, before ? &*before : nullptr, options_.fit.clothes);
      ATELIER_RETURN_IF_ERROR(Step());
      if (!fit || fit->reprojection_error > kMisread) {
        before.reset();
        continue;
      }
      before = fit->body;
      poses_[t] = MeasuredPose{fit->body, TrustOf(observation)};
    }
    const bool any =
        std::any_of(poses_.begin(), poses_.end(), [](const auto& p) { return p.has_value(); });
    if (any) return {};
    return MakeError(Code::kFailedPrecondition, "FIT_POOR", "no frame of the film can be fitted");
  }

  const BodyFitter& fitter_;
  const MotionOptions& options_;
  const std::vector<std::unique_ptr<Frame>>& frames_;
  const std::function<bool(int, int)>& on_progress_;
  std::vector<size_t> seen_;
  std::vector<int> cuts_;
  FittedBody body_;
  MeasuredPoses poses_;
  int done_ = 0;
  int all_ = 0;
};

Result<Motion> FilmFitter::Finish(const std::function<bool(int done, int all)>& on_progress) {
  ATELIER_ASSIGN_OR_RETURN(Motion motion, Run(*this, on_progress).Finish());
  // From the kept masks' pixels to the pictures'.
  const double scale = std::max(1.0, static_cast<double>(std::max(height_, width_)) / kKeptSize);
  for (MotionFrame& frame : motion.frames) {
    if (frame.body) frame.body = InPicture(*frame.body, scale, 0, 0);
  }
  return motion;
}

}  // namespace atelier::people
