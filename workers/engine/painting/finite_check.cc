#include "engine/painting/finite_check.h"

#include <ATen/ATen.h>

namespace atelier::engine {

bool IsFinite(const at::Tensor& numbers) {
  return !numbers.defined() || numbers.isfinite().all().item<bool>();
}

Unexpected NotFinite(const std::string& component) {
  return MakeError(Code::kInternal, "NOT_FINITE",
                   component +
                       " gave numbers that are not finite (NaN or infinite): its weights are "
                       "damaged, or too large for the number format (dtype)");
}

}  // namespace atelier::engine
