// Whether a network gave numbers. Weights that are damaged, or too large for the number format,
// give NaN; painted, that is a black picture, which nobody would take for an error.
#pragma once

#include "base/result.h"
#include "engine/pipelines/mcld/denoise.h"

namespace atelier::engine {

/// INTERNAL (NOT_FINITE) when a number of the last step's latents is not finite. The message names
/// the component of model.json that gave the first such number of all that `latents` were made
/// from.
Status CheckLatents(const at::Tensor& latents, const EncodedConditions& conditions);

/// The same for a picture decoded from latents that are finite.
Status CheckDecoded(const at::Tensor& picture);

}  // namespace atelier::engine
