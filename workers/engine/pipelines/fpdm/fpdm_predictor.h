// FPDM's guided prediction: one network call per step for all branches of the guided batch.
//
// The published guidance adds up: v = v0 + w (v1 - v0) + w' (v2 - v1), where v0 reads nothing, v1
// the pose and the source's tokens, v2 the fusion embedding as well; what a branch does not read is
// zeros in place of the encoded condition, the pose included. With w' = w, as published, v1 cancels
// exactly and its rows are left out.
#pragma once

#include "engine/models/unet/unet.h"
#include "engine/painting/sampling.h"
#include "engine/pipelines/fpdm/fpdm_conditions.h"

namespace atelier::engine {

struct FpdmGuidance {
  /// w; 1 or less counts as 1, where v0 is left out as well.
  double weight = 2.0;
  /// w' / w.
  double fusion_ratio = 1.0;
};

/// Keys and values of the tokens are projected here, once. `unet` must outlive it.
Predictor FpdmPredictor(UNet& unet, const FpdmConditions& conditions, const FpdmGuidance& guidance);

}  // namespace atelier::engine
