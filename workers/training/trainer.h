// Trainer: runs a Task within a budget of minutes: AdamW, warm-up and cosine, gradient clipping,
// EMA, mixed precision, evaluation and checkpoints on the way, exact resume.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"
#include "training/tasks/task.h"

namespace atelier::training {

struct TrainerOptions {
  /// Where checkpoints, grids and the log go; made when missing.
  std::filesystem::path out;
  /// Budget of this run, its earlier parts included. The learning rate is zero at its end.
  double minutes = 10;
  double learning_rate = 3e-4;
  int64_t warmup_steps = 200;
  double weight_decay = 1e-2;
  double clip_norm = 1.0;
  double ema_decay = 0.999;
  /// Between evaluations, each with a checkpoint.
  double eval_minutes = 5;
  /// bf16 autocast.
  bool mixed_precision = true;
  std::string device = "cpu";
  uint64_t seed = 1;
};

/// Reads the state of `out`'s checkpoint, or a fresh state when there is none.
Result<RunState> ReadRunState(const std::filesystem::path& out);

/// Trains until the budget is spent or `stop` is set (Ctrl-C); both end with a checkpoint and with
/// `out`/COMPONENT.safetensors (float16 EMA weights). Resumes from `out`'s checkpoint when there is
/// one; `task` must have been made at ReadRunState(out).samples_taken.
Status Train(Task& task, const TrainerOptions& options, const std::atomic<bool>& stop);

}  // namespace atelier::training
