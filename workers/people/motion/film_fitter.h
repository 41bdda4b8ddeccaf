// FilmFitter: how a person moves in a film, as one body in a pose a frame.
//
//   FilmFitter film(fitter, {.frames_per_second = 25});
//   for (...) film.Add(picture, observation);
//   Result<Motion> motion = film.Finish();
//
// Shape, limb lengths and girths are fitted to some frames one by one and pooled; then every
// frame's pose is fitted with that body, beginning at the pose of the frame before. Poses are
// smoothed over time, within shots alone. Where nobody is seen for a short time, or a frame is
// misread, the pose is what the frames around it make likely.
//
// Thread rule: one thread at a time; other objects may use the same BodyFitter.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "people/fit/body_fitter.h"
#include "people/motion/motion.h"

namespace atelier::people {

class FilmFitter {
 public:
  /// `fitter` must outlive it.
  FilmFitter(const BodyFitter& fitter, const MotionOptions& options);
  ~FilmFitter();

  /// The next frame: how it looks, and what was seen of the person, if anybody was. Keeps some 50
  /// KB of it. INVALID_ARGUMENT (INVALID_FIELD) when the picture is not RGB, or picture or mask is
  /// of another size than the first.
  Status Add(const Image& picture, const std::optional<PersonObservation>& person);

  /// REQUIRES: called once. Takes some 0.1 s a frame. FAILED_PRECONDITION: NO_PERSON when nobody is
  /// in any frame, FIT_POOR when no frame can be fitted. `on_progress(done, all)` may be empty; it
  /// returns false to cancel (CANCELLED).
  Result<Motion> Finish(const std::function<bool(int done, int all)>& on_progress = {});

 private:
  struct Frame;
  class Run;
  const BodyFitter& fitter_;
  const MotionOptions options_;
  int height_ = 0;
  int width_ = 0;
  std::vector<std::unique_ptr<Frame>> frames_;
};

}  // namespace atelier::people
