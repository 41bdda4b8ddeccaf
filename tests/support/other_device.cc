#include "support/other_device.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdlib>
#include <string>

namespace at {
namespace {

/// Found by this name in LibTorch's registry; the backward pass asks it whether there is a device.
class HPUHooks : public HPUHooksInterface {
 public:
  explicit HPUHooks(const HPUHooksArgs&) {}
  void init() const override {}
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasHPU() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  const Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    static const Generator generator = at::detail::createCPUGenerator();
    return generator;
  }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
};
REGISTER_HPU_HOOKS(HPUHooks)

}  // namespace
}  // namespace at

namespace atelier::testing {
namespace {

// One of the kinds that modules can be moved to and that no build of LibTorch for the CPU serves.
constexpr auto kType = c10::DeviceType::HPU;
const c10::DispatchKeySet kKeys(c10::DispatchKey::HPU);

class OtherAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes > 0 ? std::malloc(bytes) : nullptr;
    return {data, data, &std::free, at::Device(kType, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

OtherAllocator allocator;

/// The same bytes as a tensor of the CPU; `tensor` must outlive it.
at::Tensor OnCpu(const at::Tensor& tensor) {
  if (tensor.is_cpu()) return tensor;
  return at::from_blob(const_cast<void*>(tensor.const_data_ptr()), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU).requires_grad(false));
}

at::Tensor Empty(at::IntArrayRef size, std::optional<at::ScalarType> type,
                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &allocator, kKeys, c10::dtype_or_default(type), format);
}

at::Tensor EmptyStrided(at::IntArrayRef size, at::IntArrayRef stride,
                        std::optional<at::ScalarType> type, std::optional<at::Layout>,
                        std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &allocator, kKeys,
                                           c10::dtype_or_default(type));
}

at::Tensor CopyFrom(const at::Tensor& from, const at::Tensor& to, bool) {
  OnCpu(to).copy_(OnCpu(from));
  return to;
}

at::Tensor CopyFromAndResize(const at::Tensor& from, const at::Tensor& to) {
  to.resize_(from.sizes());
  OnCpu(to).copy_(OnCpu(from));
  return to;
}

at::Tensor ToOther(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.to(at::Device(kType, 0)) : tensor;
}

void RequireOneDevice(const std::string& what, const at::Tensor& tensor, bool& cpu, bool& other) {
  if (!tensor.defined() || tensor.dim() == 0) return;
  (tensor.is_cpu() ? cpu : other) = true;
  TORCH_CHECK(!(cpu && other), what, ": expected all tensors to be on the same device");
}

at::Tensor Convolution(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  bool cpu = false, other = false;
  for (const at::Tensor& tensor : {input, weight, bias.value_or(at::Tensor())})
    RequireOneDevice("convolution", tensor, cpu, other);
  const auto bias_here = bias && bias->defined() ? std::optional(OnCpu(*bias)) : std::nullopt;
  return ToOther(at::convolution(OnCpu(input), OnCpu(weight), bias_here, stride, padding, dilation,
                                 transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> ConvolutionBackward(
    const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
    at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> mask) {
  const std::vector<int64_t> bias_size = {weight.size(transposed ? 1 : 0) *
                                          (transposed ? groups : 1)};
  auto [a, b, c] =
      at::convolution_backward(OnCpu(gradient), OnCpu(input), OnCpu(weight), bias_size, stride,
                               padding, dilation, transposed, output_padding, groups, mask);
  return {ToOther(a), ToOther(b), ToOther(c)};
}

void Fallback(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  const std::string& name = operation.schema().name();
  bool cpu = false, other = false;
  const auto arguments = torch::jit::last(*stack, operation.schema().arguments().size());
  for (const c10::IValue& argument : arguments) {
    if (argument.isTensor()) RequireOneDevice(name, argument.toTensor(), cpu, other);
    if (!argument.isTensorList()) continue;
    for (const at::Tensor& tensor : argument.toTensorVector())
      RequireOneDevice(name, tensor, cpu, other);
  }
  at::native::cpu_fallback(operation, stack);
}

TORCH_LIBRARY_IMPL(aten, HPU, m) {
  m.impl("empty.memory_format", TORCH_FN(Empty));
  m.impl("empty_strided", TORCH_FN(EmptyStrided));
  m.impl("_copy_from", TORCH_FN(CopyFrom));
  m.impl("_copy_from_and_resize", TORCH_FN(CopyFromAndResize));
  m.impl("as_strided", TORCH_FN(at::native::as_strided_tensorimpl));
  m.impl("view", TORCH_FN(at::native::view));
  m.impl("_reshape_alias", TORCH_FN(at::native::_reshape_alias));
  m.impl("unfold", TORCH_FN(at::native::unfold));
  m.impl("resize_", TORCH_FN(at::native::resize_));
  m.impl("set_.source_Storage_storage_offset", TORCH_FN(at::native::set_storage_cpu_));
  m.impl("convolution_overrideable", TORCH_FN(Convolution));
  m.impl("convolution_backward_overrideable", TORCH_FN(ConvolutionBackward));
}

TORCH_LIBRARY_IMPL(_, HPU, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&Fallback>());
}

/// One stream on which everything is done when it is asked for: nothing is waited for.
struct OtherGuard : c10::impl::NoOpDeviceGuardImpl<kType> {
  static at::Device Only() { return {kType, 0}; }
  static c10::Stream Stream() { return c10::Stream(c10::Stream::DEFAULT, Only()); }

  at::Device exchangeDevice(at::Device) const override { return Only(); }
  at::Device getDevice() const override { return Only(); }
  c10::Stream getStream(at::Device) const noexcept override { return Stream(); }
  c10::Stream getNewStream(at::Device, int) const override { return Stream(); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return Stream(); }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
};

C10_REGISTER_GUARD_IMPL(HPU, OtherGuard)

}  // namespace

at::Device OtherDevice() {
  static const bool registered = [] {
    c10::SetAllocator(kType, &allocator);
    return true;
  }();
  static_cast<void>(registered);
  return {kType, 0};
}

}  // namespace atelier::testing
