// The "fpdm" pipeline: Fusion Embedding for Pose-Guided Person Image Synthesis with Diffusion
// Model, published checkpoints and models of our own alike.
#pragma once

#include "engine/painting/pipeline.h"

namespace atelier::engine {

/// Reads the source picture and the target pose's keypoint picture. Its painters are FpdmPainter.
Pipeline FpdmPipeline();

}  // namespace atelier::engine
