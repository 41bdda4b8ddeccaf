#include "server/jobs/work_cost.h"

#include <algorithm>

namespace atelier::server {
namespace {

// Of what was known, at the next batch: five batches later the first one counts for a third.
constexpr double kKeptWeight = 0.8;

}  // namespace

void WorkCost::Rate::Add(double more_seconds, double more_units) {
  seconds = seconds * kKeptWeight + more_seconds;
  units = units * kKeptWeight + more_units;
}

void WorkCost::Learn(const BatchTime& batch) {
  if (batch.cold && !cold_) return;
  if (!batch.cold && cold_) *this = WorkCost();
  cold_ = batch.cold;
  const double steps = std::clamp(batch.step_seconds, 0.0, batch.busy_seconds);
  steps_.Add(steps, batch.step_pixels);
  beside_.Add(batch.busy_seconds - steps, batch.pixels);
  if (batch.tail_seconds >= 0)
    tail_.Add(std::min(batch.tail_seconds, batch.busy_seconds - steps), batch.pixels);
}

double WorkCost::Seconds(double pixels, double step_pixels) const {
  return beside_.PerUnit() * pixels + StepSeconds(step_pixels);
}

}  // namespace atelier::server
