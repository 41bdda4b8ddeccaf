// ReusedBatch: batches of rendered samples, each used for several steps in a row, because rendering
// one costs more than a step on it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "training/data/run_state.h"
#include "training/data/sample_feeder.h"

namespace atelier::training {

template <typename Sample>
class ReusedBatch {
 public:
  /// Goes on where `state` stands, with the batch that it was in the middle of. With another batch
  /// size than then, that batch is left unfinished.
  ReusedBatch(typename SampleFeeder<Sample>::Make make, const RunState& state, int threads,
              int batch, int reuse)
      : batch_(batch),
        reuse_(reuse),
        turn_(TurnOf(state, batch, reuse)),
        samples_taken_(state.samples_taken),
        feeder_(std::move(make), state.samples_taken - (turn_ > 0 ? batch : 0), threads,
                int64_t{4} * batch) {}

  /// The batch of the next step.
  const std::vector<Sample>& Next() {
    if (turn_ == 0) samples_taken_ += batch_;
    if (turn_ == 0 || samples_.empty()) samples_ = feeder_.Take(batch_);
    turn_ = (turn_ + 1) % reuse_;
    return samples_;
  }

  /// Which use of its batch the latest step was, 0 .. reuse - 1. REQUIRES: a Next() before.
  int turn() const { return (turn_ + reuse_ - 1) % reuse_; }
  int64_t samples_taken() const { return samples_taken_; }
  /// For RunState::place.
  std::vector<int64_t> place() const { return {batch_, turn_}; }

 private:
  static int TurnOf(const RunState& state, int batch, int reuse) {
    if (state.place.size() != 2 || state.place[0] != batch) return 0;
    return state.samples_taken < batch ? 0 : static_cast<int>(state.place[1]) % reuse;
  }

  const int batch_, reuse_;
  int turn_;
  int64_t samples_taken_;
  std::vector<Sample> samples_;
  SampleFeeder<Sample> feeder_;
};

}  // namespace atelier::training
