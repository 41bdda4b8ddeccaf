#include "engine/nn/without_memory.h"

#include <torch/library.h>

namespace atelier::engine {
namespace {

constexpr c10::DispatchKey kMode = c10::DispatchKey::TESTING_ONLY_GenericMode;

void CallOnMeta(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard once(kMode);
  const auto& arguments = op.schema().arguments();
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name() != "device") continue;
    (*stack)[stack->size() - arguments.size() + i] = c10::Device(c10::kMeta);
  }
  op.callBoxed(stack);
}

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&CallOnMeta>());
}

}  // namespace

WithoutMemory::WithoutMemory() : mode_(kMode) {}

WithMemory::WithMemory() : no_mode_(kMode) {}

}  // namespace atelier::engine
