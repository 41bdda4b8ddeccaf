#include "engine/train/ema.h"

#include <algorithm>

namespace atelier::engine {

Ema::Ema(torch::nn::Module& module, double decay) : module_(module), decay_(decay) {
  at::NoGradGuard no_grad;
  for (const auto& item : module.named_parameters())
    averages_[item.key()] = item.value().detach().clone();
}

void Ema::Update() {
  at::NoGradGuard no_grad;
  const double warm = (1.0 + updates_) / (10.0 + updates_);
  const double decay = std::min(decay_, warm);
  ++updates_;
  std::vector<at::Tensor> averages, values;
  for (const auto& item : module_.named_parameters()) {
    averages.push_back(averages_.at(item.key()));
    values.push_back(item.value().detach());
  }
  at::_foreach_lerp_(averages, values, 1.0 - decay);
}

void Ema::Swap() {
  at::NoGradGuard no_grad;
  for (const auto& item : module_.named_parameters()) {
    at::Tensor& average = averages_.at(item.key());
    const at::Tensor kept = item.value().detach().clone();
    item.value().detach().copy_(average);
    average.copy_(kept);
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
