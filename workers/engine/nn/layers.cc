#include "engine/nn/layers.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <utility>

namespace atelier::engine {
namespace {

/// An operator that LibTorch's own compiler calls and its headers do not declare. Undefined when
/// this LibTorch lacks it: it was built without oneDNN.
std::optional<c10::OperatorHandle> FindOperator(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""});
}

template <typename... Arguments>
torch::Tensor Call(const c10::OperatorHandle& op, Arguments&&... arguments) {
  torch::jit::Stack stack;
  stack.reserve(sizeof...(arguments));
  (stack.emplace_back(std::forward<Arguments>(arguments)), ...);
  op.callBoxed(stack);
  return stack.front().toTensor();
}

c10::IValue Optional(const torch::Tensor& tensor) {
  return tensor.defined() ? c10::IValue(tensor) : c10::IValue();
}

/// Keeps dtype and device, which others ask the weight for, and no memory.
void Forget(torch::Tensor& weight) { weight.set_data(at::empty({0}, weight.options())); }

const c10::List<std::optional<at::Scalar>>& NoScalars() {
  static const c10::List<std::optional<at::Scalar>> none;
  return none;
}

}  // namespace

torch::Tensor Conv2dImpl::forward(const torch::Tensor& x) {
  if (!packed_.defined()) return torch::nn::Conv2dImpl::forward(x);
  static const auto convolution = FindOperator("mkldnn::_convolution_pointwise");
  const auto& padding = std::get<torch::ExpandingArray<2>>(options.padding());
  return Call(*convolution, x.contiguous(at::MemoryFormat::ChannelsLast), packed_, Optional(bias),
              at::IntArrayRef(*padding), at::IntArrayRef(*options.stride()),
              at::IntArrayRef(*options.dilation()), options.groups(), "none", NoScalars(),
              c10::IValue(""));
}

void Conv2dImpl::Pack() {
  if (packed_.defined() || !FindOperator("mkldnn::_convolution_pointwise")) return;
  packed_ = at::mkldnn_reorder_conv2d_weight(
      weight.detach().to_mkldnn(), *std::get<torch::ExpandingArray<2>>(options.padding()),
      *options.stride(), *options.dilation(), options.groups());
  Forget(weight);
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) {
  if (!packed_.defined()) return torch::nn::LinearImpl::forward(x);
  static const auto linear = FindOperator("mkldnn::_linear_pointwise");
  return Call(*linear, x, packed_, Optional(bias), "none", NoScalars(), c10::IValue(""));
}

void LinearImpl::Pack() {
  const auto reorder = FindOperator("mkldnn::_reorder_linear_weight");
  if (packed_.defined() || !reorder || !FindOperator("mkldnn::_linear_pointwise")) return;
  packed_ = Call(*reorder, weight.detach(), c10::IValue());
  Forget(weight);
}

void PackForCpu(torch::nn::Module& module) {
  const c10::InferenceMode no_inference_tensors(false);
  const at::NoGradGuard no_grad;
  module.apply([](torch::nn::Module& layer) {
    // Seam: oneDNN has no bfloat16 on processors without AVX-512; such layers stay plain.
    try {
      if (auto* convolution = dynamic_cast<Conv2dImpl*>(&layer)) convolution->Pack();
      if (auto* linear = dynamic_cast<LinearImpl*>(&layer)) linear->Pack();
    } catch (const c10::Error&) {
    }
  });
}

}  // namespace atelier::engine
