// Number formats that networks run in, under the names that settings and command lines have.
//
//   float32   every product and sum in float32, on every device
//   tf32      weights and activations in float32, but a GPU may round the factors of convolutions
//             and matrix products to TF32 (10 bits of mantissa): faster there, and off by about one
//             grey level at most (5e-4 relative in one encoder). CUDA alone.
//   bfloat16  weights and activations in bfloat16
//   float16   weights and activations in float16. CUDA alone.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::engine {

struct NumberFormat {
  /// Of weights and activations.
  at::ScalarType dtype = at::kFloat;
  /// Whether a GPU may round the factors of float32 products.
  bool tf32 = false;
};

/// Every name that ParseNumberFormat() takes on some device; the first is the default.
const std::vector<std::string>& NumberFormatNames();

/// INVALID_ARGUMENT names `dtype` when there is no such format on `device`.
Result<NumberFormat> ParseNumberFormat(const std::string& name, const at::Device& device);

/// Sets LibTorch's switches for it, which are of the whole process and allow cuDNN TF32 until told
/// otherwise. To be called before networks run: another model of the process may have another
/// format.
void UseNumberFormat(const NumberFormat& format);

}  // namespace atelier::engine
