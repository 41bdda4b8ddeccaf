// Dropout whose mask can be given: for comparing training with recorded runs.
#pragma once

#include <torch/nn.h>

#include <utility>

namespace atelier::engine {

/// As torch.nn.Dropout: in training mode a number is 0 with this probability and the others are
/// larger for it; in evaluation mode nothing changes.
class DropoutImpl : public torch::nn::Module {
 public:
  explicit DropoutImpl(double rate) : rate_(rate) {}

  at::Tensor forward(const at::Tensor& x) {
    if (is_training() && mask_.defined()) return x * mask_;
    return at::dropout(x, rate_, is_training());
  }
  /// Multiplies by `mask` (0, or 1 / (1 - rate)) in place of a drawn one from now on.
  void UseMask(at::Tensor mask) { mask_ = std::move(mask); }

 private:
  double rate_;
  at::Tensor mask_;
};
TORCH_MODULE(Dropout);

}  // namespace atelier::engine
