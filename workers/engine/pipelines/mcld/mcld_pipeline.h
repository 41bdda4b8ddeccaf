// The "mcld" pipeline: Multi-focal Conditioned Latent Diffusion (CVPR 2025), published checkpoints
// and the default model alike.
#pragma once

#include "engine/painting/pipeline.h"

namespace atelier::engine {

/// Reads the source picture, its texture map, the target's IUV and a face embedding. Its painters
/// are McldPainter.
Pipeline McldPipeline();

}  // namespace atelier::engine
