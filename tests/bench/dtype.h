// The dtypes of the command line.
#pragma once

#include <c10/core/ScalarType.h>

#include <string>

namespace atelier::bench {

/// `name`: float32, bfloat16 or float16.
inline at::ScalarType DtypeOf(const std::string& name) {
  return name == "float32" ? at::kFloat : name == "bfloat16" ? at::kBFloat16 : at::kHalf;
}

}  // namespace atelier::bench
