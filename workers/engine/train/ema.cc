#include "engine/train/ema.h"

#include <algorithm>

namespace atelier::engine {

Ema::Ema(torch::nn::Module& module, double decay) : decay_(decay) {
  at::NoGradGuard no_grad;
  for (const auto& item : module.named_parameters()) {
    parameters_.push_back(item.value());
    averages_list_.push_back(item.value().detach().clone());
    averages_[item.key()] = averages_list_.back();
  }
}

void Ema::Update() {
  at::NoGradGuard no_grad;
  const double warm = (1.0 + updates_) / (10.0 + updates_);
  const double decay = std::min(decay_, warm);
  ++updates_;
  if (!parameters_.empty()) at::_foreach_lerp_(averages_list_, parameters_, 1.0 - decay);
}

void Ema::Swap() {
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor kept = parameters_[i].detach().clone();
    parameters_[i].copy_(averages_list_[i]);
    averages_list_[i].copy_(kept);
  }
}

void Ema::Restore(const std::map<std::string, at::Tensor>& averages, int64_t updates) {
  at::NoGradGuard no_grad;
  for (auto& [name, average] : averages_) {
    const auto found = averages.find(name);
    if (found != averages.end()) average.copy_(found->second);
  }
  updates_ = updates;
}

}  // namespace atelier::engine
