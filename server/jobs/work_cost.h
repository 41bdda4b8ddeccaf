// WorkCost: what the work of one model costs a worker, from the batches that were painted.
//
// A batch takes seconds by its steps (pixels times steps) and seconds beside them (pixels:
// preparing, encoding, decoding, sending), so that jobs of one size and step count tell how long
// others will take. A worker's first batch also warms up what later ones find warm: it counts only
// until another one was seen. Not thread-safe.
#pragma once

#include "server/jobs/job_work.h"

namespace atelier::server {

/// What a batch took of its worker.
struct BatchTime {
  /// Sums over its jobs; see JobWork.
  double pixels = 0;
  double step_pixels = 0;
  /// From its start, or from the end of the worker's batch before it if that was later, to its end.
  double busy_seconds = 0;
  /// Of these, its denoising steps.
  double step_seconds = 0;
  /// Of these, from its last step to its end; below 0: not known.
  double tail_seconds = -1;
  /// The worker's first.
  bool cold = false;
};

class WorkCost {
 public:
  void Learn(const BatchTime& batch);
  /// Whether anything was learned.
  bool known() const { return beside_.units > 0; }
  /// All of it, the steps alone, and what comes after the last step. REQUIRES: known().
  double Seconds(double pixels, double step_pixels) const;
  double StepSeconds(double step_pixels) const { return steps_.PerUnit() * step_pixels; }
  double TailSeconds(double pixels) const { return tail_.PerUnit() * pixels; }

 private:
  // Seconds for each unit; older batches count less and less.
  struct Rate {
    double seconds = 0;
    double units = 0;

    void Add(double more_seconds, double more_units);
    double PerUnit() const { return units > 0 ? seconds / units : 0; }
  };

  Rate beside_;
  Rate steps_;
  Rate tail_;
  bool cold_ = true;  // Nothing but first batches was seen.
};

}  // namespace atelier::server
