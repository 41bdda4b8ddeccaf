// A training checkpoint on disk: weights, EMA, optimiser, random generator and RunState, written to
// a temporary folder and renamed, so that a crash leaves the one before.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "engine/train/adamw.h"
#include "engine/train/ema.h"
#include "training/tasks/task.h"
#include "training/trainer.h"

namespace atelier::training {

/// What a checkpoint holds besides RunState; borrowed for the call.
struct Trained {
  const std::vector<TrainedModule>& modules;
  std::vector<engine::Ema>& emas;  // one per module
  engine::AdamW& optimizer;
  at::Generator& generator;
};

Status SaveCheckpoint(const std::filesystem::path& out, const Trained& trained,
                      const RunState& state);

/// What a checkpoint held; the rest starts afresh.
struct Restored {
  /// The weights that were trained on, and not their averages alone.
  bool weights = true;
  bool moments = true;
};

/// Restores what SaveCheckpoint() wrote. NOT_FOUND when there is none.
///
/// A checkpoint that was made small for a journey may lack files. Without optimizer.safetensors
/// the moments start afresh; for COMPONENT_ema.safetensors, and for COMPONENT.safetensors, the
/// averages that `out`/COMPONENT.safetensors holds stand in. DATA_LOSS when those lack too.
Result<Restored> LoadCheckpoint(const std::filesystem::path& out, const Trained& trained);

/// Writes out/COMPONENT.safetensors: the EMA weights in float16, ready for a model folder.
Status ExportWeights(const std::filesystem::path& out, const Trained& trained);

}  // namespace atelier::training
