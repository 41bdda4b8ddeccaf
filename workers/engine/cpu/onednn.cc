#include "engine/cpu/onednn.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <utility>

namespace atelier::engine::onednn {
namespace {

std::optional<c10::OperatorHandle> Find(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""});
}

struct Operators {
  std::optional<c10::OperatorHandle> linear = Find("mkldnn::_linear_pointwise");
  std::optional<c10::OperatorHandle> pack_linear = Find("mkldnn::_reorder_linear_weight");
  std::optional<c10::OperatorHandle> convolution = Find("mkldnn::_convolution_pointwise");
  std::optional<c10::OperatorHandle> has_bfloat16 = Find("mkldnn::_is_mkldnn_bf16_supported");
};

const Operators& All() {
  static const Operators operators;
  return operators;
}

template <typename... Arguments>
at::Tensor Call(const c10::OperatorHandle& op, Arguments&&... arguments) {
  torch::jit::Stack stack;
  stack.reserve(sizeof...(arguments));
  (stack.emplace_back(std::forward<Arguments>(arguments)), ...);
  op.callBoxed(stack);
  return stack.front().toTensor();
}

c10::IValue Optional(const at::Tensor& tensor) {
  return tensor.defined() ? c10::IValue(tensor) : c10::IValue();
}

const c10::List<std::optional<at::Scalar>>& NoScalars() {
  static const c10::List<std::optional<at::Scalar>> none;
  return none;
}

at::IntArrayRef Padding(const ConvolutionOptions& options) {
  return *std::get<torch::ExpandingArray<2>>(options.padding());
}

/// oneDNN's own word: its kernels for bfloat16 need more of the processor than AVX2, and it may be
/// told to leave that alone (ONEDNN_MAX_CPU_ISA).
bool HasBfloat16Kernels() {
  static const bool has = [] {
    if (!All().has_bfloat16) return false;
    torch::jit::Stack stack;
    All().has_bfloat16->callBoxed(stack);
    return stack.front().toBool();
  }();
  return has;
}

}  // namespace

bool Supports(at::ScalarType dtype) {
  if (!All().linear || !All().pack_linear || !All().convolution) return false;
  return dtype == at::kFloat || (dtype == at::kBFloat16 && HasBfloat16Kernels());
}

at::Tensor PackLinear(const at::Tensor& weight) {
  return Call(*All().pack_linear, weight, c10::IValue());
}

at::Tensor Linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias) {
  return Call(*All().linear, x, packed, Optional(bias), "none", NoScalars(), c10::IValue(""));
}

at::Tensor PackConvolution(const at::Tensor& weight, const ConvolutionOptions& options,
                           at::IntArrayRef input_size) {
  return at::mkldnn_reorder_conv2d_weight(weight.to_mkldnn(), Padding(options), *options.stride(),
                                          *options.dilation(), options.groups(), input_size);
}

at::Tensor Convolution(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias,
                       const ConvolutionOptions& options) {
  return Call(*All().convolution, x, packed, Optional(bias), Padding(options),
              at::IntArrayRef(*options.stride()), at::IntArrayRef(*options.dilation()),
              options.groups(), "none", NoScalars(), c10::IValue(""));
}

}  // namespace atelier::engine::onednn
