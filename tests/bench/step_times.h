// Timing of denoising steps, the engine's beside the published one, in turns.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "engine/painting/load_networks.h"

namespace atelier::bench {

/// Seconds of one call, the device's work included.
double Seconds(const at::Device& device, const std::function<void()>& call);

/// Guided predictions over the same weights and conditions.
struct ComparedSteps {
  std::function<at::Tensor()> engine;
  /// May be empty.
  std::function<at::Tensor()> published;
};

/// Prints the times of `repeat` steps of each, the engine's by module, their ratio and how far the
/// outputs are apart.
void TimeSteps(const ComparedSteps& steps, int repeat, const at::Device& device);

/// Evaluation mode, no gradients, `device` and `dtype`; not packed.
void SetUpForPainting(const std::vector<engine::NamedNetwork>& networks, const at::Device& device,
                      at::ScalarType dtype);

}  // namespace atelier::bench
