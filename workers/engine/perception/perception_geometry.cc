#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/perception.h"

namespace atelier::engine {
namespace {

constexpr int kRightHead = static_cast<int>(BodyPart::kRightHead);
constexpr int kLeftHead = static_cast<int>(BodyPart::kLeftHead);
/// Fewer head pixels than this say nothing about a face.
constexpr int kMinHeadPixels = 16;
constexpr float kFaceMargin = 1.3f;

/// Weights of the source pixels first, first + 1, ... that one output pixel averages.
struct Tap {
  int first = 0;
  std::vector<float> weights;
};

/// Triangle filter as wide as the scale, so that shrinking averages every source pixel (area-true).
/// `begin`..`end` is the cut in source pixels; taps may lie outside of the picture.
std::vector<Tap> TriangleTaps(float begin, float end, int size) {
  const float scale = (end - begin) / static_cast<float>(size);
  const float radius = std::max(scale, 1.0f);
  std::vector<Tap> taps(size);
  for (int i = 0; i < size; ++i) {
    const float centre = begin + (static_cast<float>(i) + 0.5f) * scale;
    Tap& tap = taps[i];
    tap.first = static_cast<int>(std::floor(centre - radius));
    const int last = static_cast<int>(std::ceil(centre + radius));
    float total = 0;
    for (int x = tap.first; x <= last; ++x) {
      const float distance = std::abs(static_cast<float>(x) + 0.5f - centre) / radius;
      tap.weights.push_back(std::max(0.0f, 1.0f - distance));
      total += tap.weights.back();
    }
    for (float& weight : tap.weights) weight /= total;
  }
  return taps;
}

}  // namespace

Box FaceBoxFromIuv(const Image& iuv) {
  int left = iuv.width, top = iuv.height, right = 0, bottom = 0, count = 0;
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const int part = iuv.at(y, x)[0];
      if (part != kRightHead && part != kLeftHead) continue;
      ++count;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = y + 1;
    }
  }
  if (count < kMinHeadPixels) return {};
  const float half = 0.5f * kFaceMargin * static_cast<float>(std::max(right - left, bottom - top));
  const float x = 0.5f * static_cast<float>(left + right);
  const float y = 0.5f * static_cast<float>(top + bottom);
  return {x - half, y - half, x + half, y + half};
}

Image CropSquare(const Image& picture, const Box& box, int size) {
  const int channels = picture.channels;
  Image out(size, size, channels);
  if (box.empty() || picture.empty()) return out;
  const std::vector<Tap> columns = TriangleTaps(box.left, box.right, size);
  const std::vector<Tap> rows = TriangleTaps(box.top, box.bottom, size);
  // Every source row that some output row reads, filtered horizontally: [rows, size, channels].
  const int first = std::max(rows.front().first, 0);
  const int last =
      std::min(rows.back().first + static_cast<int>(rows.back().weights.size()), picture.height);
  const size_t stride = static_cast<size_t>(size) * channels;
  std::vector<float> middle(static_cast<size_t>(std::max(last - first, 0)) * stride);
  for (int y = first; y < last; ++y) {
    for (int x = 0; x < size; ++x) {
      float* sum = &middle[(y - first) * stride + static_cast<size_t>(x) * channels];
      for (size_t k = 0; k < columns[x].weights.size(); ++k) {
        const int source_x = columns[x].first + static_cast<int>(k);
        if (source_x < 0 || source_x >= picture.width) continue;
        const uint8_t* pixel = picture.at(y, source_x);
        for (int c = 0; c < channels; ++c) sum[c] += columns[x].weights[k] * pixel[c];
      }
    }
  }
  std::vector<float> sum(stride);
  for (int y = 0; y < size; ++y) {
    std::fill(sum.begin(), sum.end(), 0.0f);
    for (size_t k = 0; k < rows[y].weights.size(); ++k) {
      const int source_y = rows[y].first + static_cast<int>(k);
      if (source_y < first || source_y >= last) continue;
      const float* row = &middle[(source_y - first) * stride];
      for (size_t i = 0; i < stride; ++i) sum[i] += rows[y].weights[k] * row[i];
    }
    uint8_t* target = out.at(y, 0);
    for (size_t i = 0; i < stride; ++i) {
      target[i] = static_cast<uint8_t>(std::lround(std::clamp(sum[i], 0.0f, 255.0f)));
    }
  }
  return out;
}

}  // namespace atelier::engine
