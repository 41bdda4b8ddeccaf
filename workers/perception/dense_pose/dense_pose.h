// A DensePose network that the owner of the service brings, as a TorchScript file. No LibTorch in
// this header. Objects may be used from one thread at a time.
//
// A TorchScript file is a program: load none that you would not run. What it must be:
//
//   forward(picture) with picture [H, W, 3] uint8, channels blue, green, red,
//   returns Dict[str, Tensor] with, for N persons in pixels of that picture,
//     pred_boxes                  [N, 4]            left, top, right, bottom
//     scores                      [N]               optional; 1 without it
//     pred_densepose_coarse_segm  [N, 2 or 15, h, w] logits, 0 = background
//     pred_densepose_fine_segm    [N, 25, h, w]     logits, 0 = background, then parts 1..24
//     pred_densepose_u, ..._v     [N, 25, h, w]     0..1 within each part's chart
//
// as detectron2's DensePose R-CNN gives them when its predictor is scripted whole.
#pragma once

#include <filesystem>
#include <memory>

#include "base/image.h"
#include "base/result.h"

namespace atelier::perception {

struct IuvReading {
  /// (I, U, V) at the given picture's size.
  Image iuv;
  /// Mean probability of the chosen part over the person's pixels, 0..1; 0 when no person was
  /// found.
  float confidence = 0;
};

class DensePose {
 public:
  /// NOT_FOUND (NO_NETWORK_FILE) when there is no such file, INVALID_ARGUMENT (UNREADABLE_NETWORK)
  /// when it is no TorchScript or its forward() does not take one tensor.
  static Result<std::unique_ptr<DensePose>> Load(const std::filesystem::path& file);
  virtual ~DensePose() = default;

  /// The person whose box is largest, weighted by score. FAILED_PRECONDITION (DENSEPOSE_OUTPUT),
  /// naming the rule, when the network returns anything but the above. REQUIRES: `picture` is RGB
  /// and not empty.
  virtual Result<IuvReading> Estimate(const Image& picture) = 0;
};

}  // namespace atelier::perception
