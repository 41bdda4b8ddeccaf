#include "engine/train/adamw.h"

namespace atelier::engine {

AdamW::AdamW(const NamedParameters& parameters, const AdamWOptions& options) : options_(options) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters) {
    const at::Tensor zeros = at::zeros_like(parameter, at::MemoryFormat::Preserve);
    all_.push_back({name, parameter, zeros, zeros.clone(),
                    at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false))});
  }
}

void AdamW::ZeroGradients() {
  for (Moments& moments : all_) moments.parameter.mutable_grad().reset();
}

at::Tensor AdamW::ClipGradients(double max_norm) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const Moments& moments : all_)
    if (moments.parameter.grad().defined()) gradients.push_back(moments.parameter.grad());
  if (gradients.empty()) return all_.empty() ? at::zeros({}) : at::zeros_like(all_.front().steps);
  const at::Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)), 2);
  at::_foreach_mul_(gradients, (max_norm / (norm + 1e-6)).clamp_max(1.0));
  return norm;
}

void AdamW::Step(double learning_rate, const at::Tensor& finite) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> parameters, gradients, averages, squares, steps;
  for (const Moments& moments : all_) {
    if (!moments.parameter.grad().defined()) continue;
    parameters.push_back(moments.parameter);
    gradients.push_back(moments.parameter.grad());
    averages.push_back(moments.average);
    squares.push_back(moments.square);
    steps.push_back(moments.steps);
  }
  if (parameters.empty()) return;
  const at::Tensor counts = finite.to(at::kFloat);
  at::_foreach_add_(steps, counts);
  at::_fused_adamw_(parameters, gradients, averages, squares, /*max_exp_avg_sqs=*/{}, steps,
                    learning_rate, options_.beta1, options_.beta2, options_.weight_decay,
                    options_.eps, /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{},
                    /*found_inf=*/1 - counts);
}

std::vector<std::pair<std::string, at::Tensor>> AdamW::Named(const Moments& moments) {
  return {{moments.name + ".exp_avg", moments.average},
          {moments.name + ".exp_avg_sq", moments.square},
          {moments.name + ".step", moments.steps}};
}

std::map<std::string, at::Tensor> AdamW::State() const {
  std::map<std::string, at::Tensor> state;
  for (const Moments& moments : all_)
    for (const auto& [name, tensor] : Named(moments)) state[name] = tensor;
  return state;
}

Status AdamW::Restore(const std::map<std::string, at::Tensor>& state) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : State()) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != tensor.sizes())
      return MakeError(Code::kDataLoss, "OPTIMIZER_STATE_MISMATCH",
                       name + (found == state.end() ? " is missing" : " has another shape"));
  }
  for (const auto& [name, tensor] : State()) tensor.copy_(state.at(name));
  return {};
}

}  // namespace atelier::engine
