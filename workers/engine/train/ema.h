// Exponential moving average of a module's parameters: what is painted with after training.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <map>
#include <string>

namespace atelier::engine {

class Ema {
 public:
  /// Starts from the module's present parameters and buffers. The module must outlive the Ema.
  Ema(torch::nn::Module& module, double decay);

  /// average += (1 - d) (parameter - average), with d = min(decay, (1 + n) / (10 + n)) at update n:
  /// the first random weights are forgotten soon.
  void Update();

  /// Puts the averages into the module and keeps its own weights aside, or swaps them back.
  /// REQUIRES: calls come in pairs around an evaluation.
  void Swap();

  /// The averages by parameter name; tensors are shared, not copied.
  const std::map<std::string, at::Tensor>& averages() const { return averages_; }
  /// Replaces the averages and the update count, e.g. from a checkpoint.
  void Restore(const std::map<std::string, at::Tensor>& averages, int64_t updates);
  int64_t updates() const { return updates_; }

 private:
  torch::nn::Module& module_;
  double decay_;
  int64_t updates_ = 0;
  std::map<std::string, at::Tensor> averages_;
};

}  // namespace atelier::engine
