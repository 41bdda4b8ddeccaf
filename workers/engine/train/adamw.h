// AdamW (Loshchilov and Hutter 2019) over all parameters at once: LibTorch's fused kernel, a few
// launches a step on a GPU whatever the number of parameters. No step reads a number back.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace atelier::engine {

struct AdamWOptions {
  double weight_decay = 1e-2;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

/// Parameters by a name of their own, e.g. COMPONENT.conv_in.weight.
using NamedParameters = std::vector<std::pair<std::string, at::Tensor>>;

class AdamW {
 public:
  /// Of `parameters`, float32 leaves on one device; their gradients are read where they lie. The
  /// tensors are shared with the module that they are from.
  AdamW(const NamedParameters& parameters, const AdamWOptions& options);

  /// Drops the gradients.
  void ZeroGradients();

  /// Scales the gradients so that the norm of them all is at most `max_norm`. Returns the norm they
  /// had: float32 [], on their device. Zero when there are none.
  at::Tensor ClipGradients(double max_norm);

  /// Moves every parameter that has a gradient, unless `finite` (bool [], on the parameters'
  /// device) is false: then it leaves them, the moments and their steps as they were.
  void Step(double learning_rate, const at::Tensor& finite);

  /// The moments: NAME.exp_avg, NAME.exp_avg_sq (shaped as the parameter) and NAME.step (float32
  /// []). Tensors are shared, not copied.
  std::map<std::string, at::Tensor> State() const;

  /// Replaces them with what State() gave. DATA_LOSS names the first that lacks or has another
  /// shape; nothing is replaced then.
  Status Restore(const std::map<std::string, at::Tensor>& state);

 private:
  struct Moments {
    std::string name;
    at::Tensor parameter, average, square, steps;
  };
  /// The moments of State() and where they are kept.
  static std::vector<std::pair<std::string, at::Tensor>> Named(const Moments& moments);

  AdamWOptions options_;
  std::vector<Moments> all_;
};

}  // namespace atelier::engine
