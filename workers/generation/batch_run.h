// BatchRun: one painting of a batch of jobs. Every job counts with each picture it asks for; the
// pictures are painted as many at a time as the worker takes, and others get a turn between.
//
// When the engine refuses a set of pictures it is painted in halves: memory that ran out may hold
// half of them, and a picture the engine cannot paint ends up alone and fails its own job alone.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "generation/preparation/job_preparer.h"
#include "runtime/batch_executor.h"

namespace atelier::generation {

class BatchRun {
 public:
  /// Lets others paint; false when nobody wants the batch any more.
  using Yield = std::function<bool()>;

  /// At most `max_pictures` (1 or more) are painted together; `yield` is called before each such
  /// set but the first. References must outlive the run.
  BatchRun(
      std::span<const PaintJob* const> jobs, runtime::BatchEvents& events, int max_pictures,
      Yield yield = [] { return true; });

  /// Reports every picture as soon as it is painted, and every job's end; CANCELLED for those that
  /// nobody wanted any more.
  void Paint();

 private:
  struct Picture {
    size_t job;
    size_t index;  // into the job's seeds
  };
  struct Progress {
    std::vector<int> steps_done;  // by picture
    size_t painted = 0;           // those of earlier attempts included
    v1::JobProgress last;
    bool ended = false;
  };
  using Pictures = std::vector<Picture>;

  /// The pictures of jobs that paint nothing.
  void FinishUnpainted();
  /// The sets of all groups, one after the other, until nobody wants them.
  void PaintGroups();
  /// Pictures that one call of the engine may paint: same painter, same options.
  std::vector<Pictures> Groups() const;
  void PaintSet(std::span<const Picture> set);
  Result<std::vector<Image>> CallEngine(std::span<const Picture> set);
  bool OnStep(std::span<const Picture> set, const engine::PaintStep& step);
  void Finish(const Picture& picture, Image painting);
  /// Tells that one more picture is finished, with a small one of it where previews are wanted.
  void ReportFinished(size_t job, const Image& picture);
  /// The end of a job whose pictures are all painted.
  void EndPainted(size_t job);
  void End(size_t job, Status end);
  bool Wanted(const Picture& picture);

  const std::span<const PaintJob* const> jobs_;
  runtime::BatchEvents& events_;
  const size_t max_pictures_;
  const Yield yield_;
  std::vector<Progress> progress_;  // by job
};

}  // namespace atelier::generation
