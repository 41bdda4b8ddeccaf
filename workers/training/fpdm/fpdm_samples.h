// Training samples of FPDM: a rendered person twice, and the target's keypoints drawn.
#pragma once

#include <vector>

#include "engine/pipelines/fpdm/fpdm_conditions.h"
#include "people/body/body.h"
#include "training/data/pairs.h"

namespace atelier::training {

struct FpdmSample {
  /// Source and target alone are there.
  Pair pair;
  Image pose;  // PosePicture() of the target
  engine::FpdmInputs inputs;
  /// float32 [1, 3, clip, clip], as the image encoder reads the source; undefined without one.
  at::Tensor clip_target;
};

/// Reads the networks' sizes alone: any number of threads at once.
FpdmSample MakeFpdmSample(const people::Body& body, int64_t index, bool held_out,
                          const PairOptions& options, const engine::FpdmConditioning& conditioning,
                          const engine::FpdmNetworks& networks);

/// The samples' inputs joined, on `device`.
engine::FpdmInputs InputsOf(const std::vector<FpdmSample>& samples, const at::Device& device);

/// What the image encoder reads of the targets, joined, on `device`.
at::Tensor ClipTargetsOf(const std::vector<FpdmSample>& samples, const at::Device& device);

}  // namespace atelier::training
