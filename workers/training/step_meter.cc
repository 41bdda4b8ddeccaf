#include "training/step_meter.h"

namespace atelier::training {

StepMeter::StepMeter(const at::Device& device) {
  const auto zero = [&] { return at::zeros({}, at::TensorOptions(at::kFloat).device(device)); };
  loss_sum_ = zero();
  finite_steps_ = zero();
  norm_ = zero();
  broken_ = zero();
  most_broken_ = zero();
}

at::Tensor StepMeter::Add(const at::Tensor& loss, const at::Tensor& norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor value = loss.detach().to(at::kFloat);
  norm_ = norm;
  const at::Tensor finite = at::isfinite(value).logical_and_(at::isfinite(norm));
  loss_sum_.add_(at::where(finite, value, at::zeros_like(value)));
  finite_steps_.add_(finite);
  broken_ = (broken_ + 1).mul_(finite.logical_not());
  most_broken_ = at::maximum(most_broken_, broken_);
  return finite;
}

StepMeter::Reading StepMeter::Read() {
  const at::Tensor numbers =
      at::stack({loss_sum_, finite_steps_, norm_, most_broken_}).to(at::kCPU, at::kDouble);
  const auto* values = numbers.const_data_ptr<double>();
  loss_sum_.zero_();
  finite_steps_.zero_();
  return {values[0], static_cast<int64_t>(values[1]), values[2], static_cast<int64_t>(values[3])};
}

}  // namespace atelier::training
