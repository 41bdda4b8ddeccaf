#include "training/sequences/sequence_scores.h"

#include <algorithm>
#include <cmath>

#include "engine/images/resize.h"
#include "training/metrics/fpdm_metrics.h"
#include "training/metrics/image_metrics.h"

namespace atelier::training {

std::optional<double> FrameDifference(const Image& now, const Image& next, const people::Flow& flow,
                                      FlickerPixels pixels) {
  const std::vector<float> warped = people::WarpBack(next, flow);
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < flow.known.size(); ++i) {
    if (flow.known[i] == 0 || (pixels == FlickerPixels::kPerson && flow.person[i] == 0)) continue;
    for (size_t c = 3 * i; c < 3 * i + 3; ++c) {
      sum += std::abs(static_cast<double>(warped[c]) - now.data[c]);
    }
    count += 3;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

void Flicker::Add(std::optional<double> painted, std::optional<double> truth) {
  if (!painted || !truth) return;
  painted_.Add(*painted);
  truth_.Add(*truth);
}

std::optional<double> Flicker::ratio() const {
  if (truth() <= 0) return std::nullopt;
  return painted() / truth();
}

Image HandPatch(const Image& picture, float x, float y) {
  Image patch(kHandPatchPixels, kHandPatchPixels, 3);
  const int left = static_cast<int>(std::lround(x)) - kHandPatchPixels / 2;
  const int top = static_cast<int>(std::lround(y)) - kHandPatchPixels / 2;
  for (int row = 0; row < kHandPatchPixels; ++row) {
    for (int column = 0; column < kHandPatchPixels; ++column) {
      const int from_y = top + row, from_x = left + column;
      if (from_y < 0 || from_x < 0 || from_y >= picture.height || from_x >= picture.width) continue;
      std::copy_n(picture.at(from_y, from_x), 3, patch.at(row, column));
    }
  }
  return patch;
}

std::optional<double> HandSsim(const Image& painted, const Image& truth, const Hands& hands) {
  Mean mean;
  std::optional<Image> large_painted, large_truth;
  const auto enlarge = [](const Image& picture) {
    return engine::Resize(picture, kFpdmScoreHeight, kFpdmScoreWidth,
                          engine::ResizeFilter::kBicubic);
  };
  const float scale_x = static_cast<float>(kFpdmScoreWidth) / static_cast<float>(truth.width);
  const float scale_y = static_cast<float>(kFpdmScoreHeight) / static_cast<float>(truth.height);
  for (const people::HandPlace& hand : hands) {
    if (!hand.visible) continue;
    if (!large_painted) {
      large_painted = enlarge(painted);
      large_truth = enlarge(truth);
    }
    const float x = hand.x * scale_x, y = hand.y * scale_y;
    mean.Add(Ssim(HandPatch(*large_painted, x, y), HandPatch(*large_truth, x, y)));
  }
  return mean.optional();
}

}  // namespace atelier::training
