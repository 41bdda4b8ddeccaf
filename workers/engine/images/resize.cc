#include "engine/images/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace atelier::engine {
namespace {

/// Weights are whole numbers of 2^-22 (Pillow's PRECISION_BITS).
constexpr int kPrecisionBits = 32 - 8 - 2;

double Box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double Bilinear(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double Bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0.0;
}

struct Filter {
  double (*weight)(double);
  double support;
};

Filter FilterOf(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::kBox:
      return {Box, 0.5};
    case ResizeFilter::kBilinear:
      return {Bilinear, 1.0};
    case ResizeFilter::kBicubic:
      return {Bicubic, 2.0};
  }
  return {Box, 0.5};
}

/// The source pixels first, first + 1, ... of one output pixel.
struct Tap {
  int first = 0;
  std::vector<int32_t> weights;
};

/// Pillow's precompute_coeffs and normalize_coeffs_8bpc.
std::vector<Tap> MakeTaps(int in_size, int out_size, ResizeFilter kind) {
  const Filter filter = FilterOf(kind);
  const double scale = static_cast<double>(in_size) / out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = filter.support * filter_scale;
  const double inverse = 1.0 / filter_scale;
  std::vector<Tap> taps(out_size);
  std::vector<double> weights;
  for (int i = 0; i < out_size; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int end = std::min(static_cast<int>(centre + support + 0.5), in_size);
    weights.assign(std::max(end - first, 0), 0.0);
    double total = 0;
    for (int x = first; x < end; ++x) {
      weights[x - first] = filter.weight((x - centre + 0.5) * inverse);
      total += weights[x - first];
    }
    taps[i].first = first;
    for (double weight : weights) {
      if (total != 0) weight /= total;
      const double fixed = weight * (1 << kPrecisionBits);
      taps[i].weights.push_back(static_cast<int32_t>(weight < 0 ? fixed - 0.5 : fixed + 0.5));
    }
  }
  return taps;
}

uint8_t Clip8(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

Image ResizeRows(const Image& image, int width, ResizeFilter filter) {
  const std::vector<Tap> taps = MakeTaps(image.width, width, filter);
  Image out(image.height, width, image.channels);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Tap& tap = taps[x];
      for (int c = 0; c < image.channels; ++c) {
        int32_t sum = 1 << (kPrecisionBits - 1);
        const uint8_t* pixel = image.at(y, tap.first) + c;
        for (const int32_t weight : tap.weights) {
          sum += *pixel * weight;
          pixel += image.channels;
        }
        out.at(y, x)[c] = Clip8(sum);
      }
    }
  }
  return out;
}

Image ResizeColumns(const Image& image, int height, ResizeFilter filter) {
  const std::vector<Tap> taps = MakeTaps(image.height, height, filter);
  Image out(height, image.width, image.channels);
  const size_t stride = static_cast<size_t>(image.width) * image.channels;
  std::vector<int32_t> sum(stride);
  for (int y = 0; y < height; ++y) {
    std::fill(sum.begin(), sum.end(), 1 << (kPrecisionBits - 1));
    for (size_t k = 0; k < taps[y].weights.size(); ++k) {
      const uint8_t* row = image.at(taps[y].first + static_cast<int>(k), 0);
      for (size_t i = 0; i < stride; ++i) sum[i] += row[i] * taps[y].weights[k];
    }
    uint8_t* target = out.at(y, 0);
    for (size_t i = 0; i < stride; ++i) target[i] = Clip8(sum[i]);
  }
  return out;
}

}  // namespace

Image Resize(const Image& image, int height, int width, ResizeFilter filter) {
  // Rows first, rounded to 8 bits between the passes.
  Image out = image.width == width ? image : ResizeRows(image, width, filter);
  return out.height == height ? out : ResizeColumns(out, height, filter);
}

Image ResizeNearest(const Image& image, int height, int width) {
  if (image.height == height && image.width == width) return image;
  Image out(height, width, image.channels);
  for (int y = 0; y < height; ++y) {
    const int source_y = static_cast<int>((int64_t{2} * y + 1) * image.height / (2 * height));
    for (int x = 0; x < width; ++x) {
      const int source_x = static_cast<int>((int64_t{2} * x + 1) * image.width / (2 * width));
      const uint8_t* pixel = image.at(source_y, source_x);
      std::copy(pixel, pixel + image.channels, out.at(y, x));
    }
  }
  return out;
}

Image CentreCrop(const Image& image, int height, int width) {
  const int top = (image.height - height) / 2;
  const int left = (image.width - width) / 2;
  Image out(height, width, image.channels);
  for (int y = 0; y < height; ++y) {
    const uint8_t* row = image.at(top + y, left);
    std::copy(row, row + static_cast<size_t>(width) * image.channels, out.at(y, 0));
  }
  return out;
}

}  // namespace atelier::engine
