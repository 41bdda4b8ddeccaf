// StepMeter: sums up what training steps say of themselves where they run, so that no step waits
// for the device to tell a number. Numbers are read when a report is due.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace atelier::training {

class StepMeter {
 public:
  explicit StepMeter(const at::Device& device);

  /// Adds a step: its loss and the norm of its gradients, [] on the device. Returns whether both
  /// are finite: bool [] on the device.
  at::Tensor Add(const at::Tensor& loss, const at::Tensor& norm);

  struct Reading {
    /// Sum of the losses that were finite, and how many there are, since the last reading.
    double loss_sum = 0;
    int64_t finite_steps = 0;
    /// Of the latest step's gradients.
    double norm = 0;
    /// Most steps in a row that were not finite, of all so far.
    int64_t broken_in_a_row = 0;
  };
  /// Waits for the device.
  Reading Read();

 private:
  at::Tensor loss_sum_, finite_steps_, norm_, broken_, most_broken_;  // float32 []
};

}  // namespace atelier::training
