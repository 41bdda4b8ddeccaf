// Principal components of many people's texture cells, some of them unseen.
#pragma once

#include <ATen/ATen.h>

#include "base/result.h"
#include "engine/models/texture_completion.h"
#include "engine/weights/safetensors.h"

namespace atelier::training {

/// The buffers of a TextureCompletion of `config`, by name, float32. `colours` [people, cells, 3]
/// in 0..1; `seen` [people, cells] in 0..1. Cells that a person did not show are filled by the
/// components found so far, anew in every pass (EM for missing data). Deterministic.
/// INVALID_ARGUMENT when there are not more people than components.
Result<engine::TensorMap> FitComponents(const at::Tensor& colours, const at::Tensor& seen,
                                        const engine::TextureCompletionConfig& config);

}  // namespace atelier::training
