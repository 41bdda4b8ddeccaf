// Trainer: runs a Task within a budget of minutes: AdamW, warm-up and cosine, gradient clipping,
// EMA, mixed precision, evaluation and checkpoints on the way, exact resume.
//
// The training thread queues work on the device and does not wait for it: numbers are read at a
// report, and a step whose loss or gradients are not finite is left out by the
// device itself.
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
  /// 0, or minutes after which this part of the run ends, whatever of the budget is left: for a
  /// machine that is lent for a while. The next part goes on from the checkpoint.
  double part_minutes = 0;
  /// Between reports of progress, each of which reads numbers back from the device.
  double report_seconds = 2;
  /// Whether reports say which share of a step passes in waiting for its data.
  bool show_waiting = false;
  /// bf16 autocast, on devices that have bf16.
  bool mixed_precision = true;
  std::string device = "cpu";
  uint64_t seed = 1;
};

/// Reads the state of `out`'s checkpoint, or a fresh state when there is none.
Result<RunState> ReadRunState(const std::filesystem::path& out);

/// Trains until the budget or the part's is spent or `stop` is set (Ctrl-C); all end with a
/// checkpoint and with `out`/COMPONENT.safetensors (float16 EMA weights). Resumes from `out`'s
/// checkpoint when there is one; `task` must have been made at ReadRunState(out).samples_taken.
Status Train(Task& task, const TrainerOptions& options, const std::atomic<bool>& stop);

/// Takes the data of steps without training on them, for `options.minutes` or until `stop`; prints
/// how many samples and pictures come a second. Writes nothing.
void MeasureData(Task& task, const TrainerOptions& options, const std::atomic<bool>& stop);

}  // namespace atelier::training
