#include "training/image_metrics.h"

#include <array>
#include <cmath>
#include <vector>

namespace atelier::training {
namespace {

constexpr int kRadius = 5;
constexpr double kSigma = 1.5;
constexpr double kC1 = 0.01 * 255 * 0.01 * 255;
constexpr double kC2 = 0.03 * 255 * 0.03 * 255;

using Plane = std::vector<double>;

Plane Luma(const Image& image) {
  Plane luma(static_cast<size_t>(image.height) * image.width);
  for (size_t i = 0; i < luma.size(); ++i) {
    const uint8_t* pixel = &image.data[i * 3];
    luma[i] = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
  }
  return luma;
}

Plane Multiply(const Plane& a, const Plane& b) {
  Plane product(a.size());
  for (size_t i = 0; i < a.size(); ++i) product[i] = a[i] * b[i];
  return product;
}

std::array<double, 2 * kRadius + 1> Window() {
  std::array<double, 2 * kRadius + 1> window;
  double sum = 0;
  for (int i = -kRadius; i <= kRadius; ++i)
    sum += window[i + kRadius] = std::exp(-i * i / (2 * kSigma * kSigma));
  for (double& weight : window) weight /= sum;
  return window;
}

/// Gaussian means of the windows inside the picture: (height - 10) x (width - 10).
Plane Blur(const Plane& plane, int height, int width) {
  static const auto window = Window();
  const int inner_width = width - 2 * kRadius, inner_height = height - 2 * kRadius;
  Plane rows(static_cast<size_t>(height) * inner_width, 0.0);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < inner_width; ++x)
      for (int k = 0; k <= 2 * kRadius; ++k)
        rows[y * inner_width + x] += window[k] * plane[y * width + x + k];
  Plane means(static_cast<size_t>(inner_height) * inner_width, 0.0);
  for (int y = 0; y < inner_height; ++y)
    for (int k = 0; k <= 2 * kRadius; ++k)
      for (int x = 0; x < inner_width; ++x)
        means[y * inner_width + x] += window[k] * rows[(y + k) * inner_width + x];
  return means;
}

}  // namespace

double Psnr(const Image& a, const Image& b, const Image* mask) {
  double sum = 0;
  int64_t count = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      if (mask != nullptr && *mask->at(y, x) == 0) continue;
      for (int c = 0; c < 3; ++c) {
        const double difference = double(a.at(y, x)[c]) - double(b.at(y, x)[c]);
        sum += difference * difference;
        ++count;
      }
    }
  }
  if (count == 0 || sum == 0) return 99.0;
  return 10.0 * std::log10(255.0 * 255.0 * count / sum);
}

double Ssim(const Image& a, const Image& b) {
  const Plane x = Luma(a), y = Luma(b);
  const auto blur = [&](const Plane& plane) { return Blur(plane, a.height, a.width); };
  const Plane mean_x = blur(x), mean_y = blur(y);
  const Plane square_x = blur(Multiply(x, x)), square_y = blur(Multiply(y, y));
  const Plane product = blur(Multiply(x, y));
  double sum = 0;
  for (size_t i = 0; i < mean_x.size(); ++i) {
    const double mx = mean_x[i], my = mean_y[i];
    const double var_x = square_x[i] - mx * mx, var_y = square_y[i] - my * my;
    const double covariance = product[i] - mx * my;
    sum += (2 * mx * my + kC1) * (2 * covariance + kC2) /
           ((mx * mx + my * my + kC1) * (var_x + var_y + kC2));
  }
  return sum / static_cast<double>(mean_x.size());
}

}  // namespace atelier::training
