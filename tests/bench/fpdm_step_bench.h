// RunStepBench() for a model of the fpdm pipeline. The published step runs three branches of the
// guidance and projects keys and values of the source at each step.
#pragma once

#include <c10/core/ScalarType.h>

#include "base/result.h"
#include "bench/step_bench.h"
#include "engine/model_folder/model_folder.h"

namespace atelier::bench {

Status RunFpdmStepBench(const StepBenchOptions& options, const engine::ModelFolder& folder,
                        at::ScalarType dtype);

}  // namespace atelier::bench
