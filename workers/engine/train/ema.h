// Exponential moving average of a module's parameters: what is painted with after training.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace atelier::engine {

class Ema {
 public:
  /// Starts from the module's present parameters. The module must outlive the Ema and keep its
  /// parameters (their values may change, and their device before this is called).
  Ema(torch::nn::Module& module, double decay);

  /// average += (1 - d) (parameter - average), with d = min(decay, (1 + n) / (10 + n)) at update n:
  /// the first random weights are forgotten soon. All parameters in a few launches.
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
  double decay_;
  int64_t updates_ = 0;
  std::map<std::string, at::Tensor> averages_;
  /// The module's parameters and the average of each, in one order.
  std::vector<at::Tensor> parameters_, averages_list_;
};

}  // namespace atelier::engine
