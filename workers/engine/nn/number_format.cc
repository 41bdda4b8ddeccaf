#include "engine/nn/number_format.h"

#include <ATen/Context.h>

namespace atelier::engine {

const std::vector<std::string>& NumberFormatNames() {
  static const std::vector<std::string> names = {"float32", "tf32", "bfloat16", "float16"};
  return names;
}

Result<NumberFormat> ParseNumberFormat(const std::string& name, const at::Device& device) {
  if (name == "float32") return NumberFormat{};
  if (name == "bfloat16") return NumberFormat{.dtype = at::kBFloat16};
  if (device.is_cuda() && name == "tf32") return NumberFormat{.tf32 = true};
  if (device.is_cuda() && name == "float16") return NumberFormat{.dtype = at::kHalf};
  return InvalidField("dtype", "float32 or bfloat16, or on CUDA also tf32 or float16", name);
}

void UseNumberFormat(const NumberFormat& format) {
  at::globalContext().setAllowTF32CuDNN(format.tf32);
  at::globalContext().setAllowTF32CuBLAS(format.tf32);
}

}  // namespace atelier::engine
