// A device that is not the CPU, on a machine that has no other: its tensors lie in ordinary memory
// and its arithmetic is the CPU's, but a tensor of it and one of the CPU may not meet in an
// operation, exactly as with CUDA. What runs on it mixes no devices.
#pragma once

#include <ATen/ATen.h>

namespace atelier::testing {

/// The device. Registered with LibTorch by the first call; a program can have one.
at::Device OtherDevice();

}  // namespace atelier::testing
