// torchvision's two operators that scripted detectors call, nms and roi_align, for the CPU and
// without gradients: a LibTorch process has none of torchvision. No LibTorch in this header.
#pragma once

namespace atelier::perception {

/// Makes `torchvision::nms` and `torchvision::roi_align` known to TorchScript, once a process; does
/// nothing when a real torchvision is loaded already.
void RegisterTorchvisionOperators();

}  // namespace atelier::perception
