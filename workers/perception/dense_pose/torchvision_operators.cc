#include "perception/dense_pose/torchvision_operators.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace atelier::perception {
namespace {

/// Rows of `boxes` [N, 4] (left, top, right, bottom) that no better one overlaps by more than
/// `threshold` (intersection over union), best first.
at::Tensor Nms(const at::Tensor& boxes, const at::Tensor& scores, double threshold) {
  TORCH_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && scores.dim() == 1 &&
                  scores.size(0) == boxes.size(0),
              "nms takes boxes [N, 4] and scores [N]");
  const at::Tensor sides = boxes.to(at::kCPU, at::kFloat).contiguous();
  const at::Tensor order =
      std::get<1>(scores.to(at::kCPU, at::kFloat).sort(/*stable=*/true, 0, /*descending=*/true));
  const int64_t count = sides.size(0);
  const float* box = sides.const_data_ptr<float>();
  const int64_t* ranked = order.const_data_ptr<int64_t>();
  const auto area = [](const float* b) { return (b[2] - b[0]) * (b[3] - b[1]); };
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < count; ++i) {
    const float* mine = box + ranked[i] * 4;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](int64_t better) {
      const float* other = box + better * 4;
      const float width = std::min(mine[2], other[2]) - std::max(mine[0], other[0]);
      const float height = std::min(mine[3], other[3]) - std::max(mine[1], other[1]);
      const float common = std::max(width, 0.0f) * std::max(height, 0.0f);
      return common / (area(mine) + area(other) - common) > threshold;
    });
    if (!covered) kept.push_back(ranked[i]);
  }
  return at::tensor(kept, at::kLong).to(boxes.device());
}

/// Bilinear value of one map [height, width] at (x, y), cell 0 lying at 0; 0 beyond one cell
/// outside.
float Sample(const float* map, int64_t height, int64_t width, float y, float x) {
  if (y < -1 || x < -1 || y > static_cast<float>(height) || x > static_cast<float>(width)) return 0;
  y = std::clamp(y, 0.0f, static_cast<float>(height - 1));
  x = std::clamp(x, 0.0f, static_cast<float>(width - 1));
  const auto top = static_cast<int64_t>(y), left = static_cast<int64_t>(x);
  const int64_t bottom = std::min(top + 1, height - 1), right = std::min(left + 1, width - 1);
  const float down = y - static_cast<float>(top), across = x - static_cast<float>(left);
  return (map[top * width + left] * (1 - across) + map[top * width + right] * across) * (1 - down) +
         (map[bottom * width + left] * (1 - across) + map[bottom * width + right] * across) * down;
}

/// One box on the feature maps: where it begins, the size of its bins, and the samples in each.
struct Bins {
  float left, top, width, height;
  int64_t across, down;
};

Bins BinsOf(const float* roi, float scale, int64_t rows, int64_t columns, int64_t sampling,
            bool aligned) {
  const float shift = aligned ? 0.5f : 0.0f;
  const float left = roi[1] * scale - shift, top = roi[2] * scale - shift;
  float width = roi[3] * scale - shift - left, height = roi[4] * scale - shift - top;
  if (!aligned) {
    width = std::max(width, 1.0f);
    height = std::max(height, 1.0f);
  }
  width /= static_cast<float>(columns);
  height /= static_cast<float>(rows);
  const auto samples = [sampling](float bin) {
    return sampling > 0 ? sampling : static_cast<int64_t>(std::ceil(bin));
  };
  return {left, top, width, height, samples(width), samples(height)};
}

/// The mean of the samples in one bin of one map.
float Pool(const float* map, int64_t height, int64_t width, const Bins& bins, int64_t row,
           int64_t column) {
  float sum = 0;
  for (int64_t i = 0; i < bins.down; ++i) {
    const float y =
        bins.top + bins.height * (static_cast<float>(row) +
                                  (static_cast<float>(i) + 0.5f) / static_cast<float>(bins.down));
    for (int64_t j = 0; j < bins.across; ++j) {
      const float x = bins.left + bins.width * (static_cast<float>(column) +
                                                (static_cast<float>(j) + 0.5f) /
                                                    static_cast<float>(bins.across));
      sum += Sample(map, height, width, y, x);
    }
  }
  return sum / static_cast<float>(std::max<int64_t>(bins.down * bins.across, 1));
}

/// `input` [B, C, H, W], `rois` [N, 5] (picture, left, top, right, bottom) -> [N, C, rows,
/// columns].
at::Tensor RoiAlign(const at::Tensor& input, const at::Tensor& rois, double scale, int64_t rows,
                    int64_t columns, int64_t sampling, bool aligned) {
  TORCH_CHECK(input.dim() == 4 && rois.dim() == 2 && rois.size(1) == 5 && rows > 0 && columns > 0,
              "roi_align takes maps [B, C, H, W] and boxes [N, 5]");
  const at::Tensor maps = input.to(at::kCPU, at::kFloat).contiguous();
  const at::Tensor boxes = rois.to(at::kCPU, at::kFloat).contiguous();
  const int64_t channels = maps.size(1), height = maps.size(2), width = maps.size(3);
  at::Tensor pooled = at::empty({boxes.size(0), channels, rows, columns}, at::kFloat);
  float* out = pooled.mutable_data_ptr<float>();
  const float* map = maps.const_data_ptr<float>();
  const float* box = boxes.const_data_ptr<float>();
  at::parallel_for(0, boxes.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const auto picture = static_cast<int64_t>(box[n * 5]);
      TORCH_CHECK(picture >= 0 && picture < maps.size(0), "roi_align: no picture ", picture);
      const Bins bins =
          BinsOf(box + n * 5, static_cast<float>(scale), rows, columns, sampling, aligned);
      for (int64_t c = 0; c < channels; ++c) {
        const float* plane = map + (picture * channels + c) * height * width;
        for (int64_t i = 0; i < rows * columns; ++i) {
          out[(n * channels + c) * rows * columns + i] =
              Pool(plane, height, width, bins, i / columns, i % columns);
        }
      }
    }
  });
  return pooled.to(input.options());
}

}  // namespace

void RegisterTorchvisionOperators() {
  static const bool registered = [] {
    if (c10::Dispatcher::singleton().findSchema({"torchvision::nms", ""})) return true;
    // Never taken out: scripts that were loaded keep their operators.
    static torch::Library library(torch::Library::FRAGMENT, "torchvision", std::nullopt, __FILE__,
                                  __LINE__);
    library.def("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
                torch::CppFunction(&Nms));
    library.def(
        "roi_align(Tensor input, Tensor rois, float spatial_scale, int pooled_height, int "
        "pooled_width, int sampling_ratio, bool aligned) -> Tensor",
        torch::CppFunction(&RoiAlign));
    return true;
  }();
  (void)registered;
}

}  // namespace atelier::perception
