// Whether networks gave numbers. Weights that are damaged, or too large for the number format, give
// NaN; painted, that is a black picture, which nobody would take for an error.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "base/result.h"

namespace atelier::engine {

/// True of an undefined tensor, too.
bool IsFinite(const at::Tensor& numbers);

/// INTERNAL (NOT_FINITE): `component` of model.json gave numbers that are not finite.
Unexpected NotFinite(const std::string& component);

}  // namespace atelier::engine
