// RunState: how far a training run is among its samples.
#pragma once

#include <cstdint>
#include <vector>

namespace atelier::training {

/// How far a task is among its samples after a step: the part of a RunState that is the task's.
struct Progress {
  /// Samples drawn from the feeder: where a resumed run goes on.
  int64_t samples_taken = 0;
  /// Where the task stands among the samples it keeps for several batches; its own numbers. Empty:
  /// it keeps none, or starts afresh with them.
  std::vector<int64_t> place;
};

/// Where a run stands; all of it is in a checkpoint.
struct RunState {
  int64_t step = 0;
  double seconds = 0;
  /// Samples drawn from the feeder: where a resumed run goes on.
  int64_t samples_taken = 0;
  /// Pictures that went through a loss, repeats counted.
  int64_t pictures_seen = 0;
  /// As in Progress.
  std::vector<int64_t> place;
};

}  // namespace atelier::training
