#include "training/metrics/image_metrics.h"

#include <algorithm>
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

constexpr int kDetailRadius = 3;

/// Sums over all pixels above and left: [height + 1, width + 1].
class Integral {
 public:
  template <typename Value>
  Integral(int height, int width, const Value& value)
      : width_(width + 1), sums_(static_cast<size_t>(height + 1) * (width + 1), 0.0) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        At(y + 1, x + 1) = value(y, x) + At(y, x + 1) + At(y + 1, x) - At(y, x);
  }
  /// Of rows [top, bottom) and columns [left, right).
  double Sum(int top, int left, int bottom, int right) {
    return At(bottom, right) - At(top, right) - At(bottom, left) + At(top, left);
  }

 private:
  double& At(int y, int x) { return sums_[static_cast<size_t>(y) * width_ + x]; }
  int width_;
  std::vector<double> sums_;
};

/// Luma less its local mean, both of the mask's pixels alone; 0 elsewhere.
Plane Detail(const Image& image, const Image& mask) {
  const Plane luma = Luma(image);
  const auto inside = [&](int y, int x) { return *mask.at(y, x) != 0 ? 1.0 : 0.0; };
  const auto at = [&](int y, int x) { return static_cast<size_t>(y) * image.width + x; };
  Integral counts(image.height, image.width, inside);
  Integral sums(image.height, image.width,
                [&](int y, int x) { return inside(y, x) * luma[at(y, x)]; });
  Plane detail(luma.size(), 0.0);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (*mask.at(y, x) == 0) continue;
      const int top = std::max(0, y - kDetailRadius), left = std::max(0, x - kDetailRadius);
      const int bottom = std::min(image.height, y + kDetailRadius + 1);
      const int right = std::min(image.width, x + kDetailRadius + 1);
      detail[at(y, x)] = luma[at(y, x)] -
                         sums.Sum(top, left, bottom, right) / counts.Sum(top, left, bottom, right);
    }
  }
  return detail;
}

using Colour = std::array<double, 3>;

Colour MeanColour(const Image& image, const Image& mask, int count) {
  Colour sum{};
  for (size_t i = 0; i < mask.data.size(); ++i) {
    if (mask.data[i] == 0) continue;
    for (size_t c = 0; c < 3; ++c) sum[c] += image.data[i * 3 + c];
  }
  for (double& v : sum) v /= count;
  return sum;
}

/// sRGB bytes -> CIE L*a*b* under D65 (IEC 61966-2-1).
Colour ToLab(const Colour& bytes) {
  Colour linear;
  for (size_t c = 0; c < 3; ++c) {
    const double v = bytes[c] / 255;
    linear[c] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  }
  const auto f = [](double t) {
    constexpr double kKnee = 6.0 / 29;
    return t > kKnee * kKnee * kKnee ? std::cbrt(t) : t / (3 * kKnee * kKnee) + 4.0 / 29;
  };
  const auto [r, g, b] = linear;
  const double x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const double y = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
  const double z = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
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

std::optional<RegionError> CompareRegion(const Image& picture, const Image& truth,
                                         const Image& mask) {
  const auto count = static_cast<int>(mask.data.size()) -
                     static_cast<int>(std::count(mask.data.begin(), mask.data.end(), 0));
  if (count < kLeastRegionPixels) return std::nullopt;
  RegionError error;
  error.psnr = Psnr(picture, truth, &mask);
  const Colour a = ToLab(MeanColour(picture, mask, count));
  const Colour b = ToLab(MeanColour(truth, mask, count));
  error.colour_delta_e = std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  const Plane detail = Detail(picture, mask), true_detail = Detail(truth, mask);
  double difference = 0;
  for (size_t i = 0; i < detail.size(); ++i) {
    difference += (detail[i] - true_detail[i]) * (detail[i] - true_detail[i]);
    error.detail_power += detail[i] * detail[i] / count;
    error.true_detail_power += true_detail[i] * true_detail[i] / count;
  }
  error.texture_error = std::sqrt(difference / count);
  return error;
}

namespace {

/// Differences to the right and downward; one row and one column fewer than the picture.
struct Gradient {
  Plane x, y, length;
};

Gradient GradientOf(const Image& image) {
  const Plane luma = Luma(image);
  const auto width = static_cast<size_t>(image.width);
  Gradient out;
  for (size_t row = 0; row + 1 < static_cast<size_t>(image.height); ++row) {
    for (size_t column = 0; column + 1 < width; ++column) {
      const size_t i = row * width + column;
      out.x.push_back(luma[i + 1] - luma[i]);
      out.y.push_back(luma[i + width] - luma[i]);
      out.length.push_back(std::hypot(out.x.back(), out.y.back()));
    }
  }
  return out;
}

/// The value that `share` of `values` do not exceed.
double Quantile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<size_t>(at)];
}

}  // namespace

std::optional<EdgeScores> CompareEdges(const Image& picture, const Image& truth,
                                       const Image& person) {
  constexpr double kEdges = .9, kFlat = .5;
  constexpr double kLeastMean = .3;
  const Gradient painted = GradientOf(picture), real = GradientOf(truth);
  const auto columns = static_cast<size_t>(truth.width - 1);
  std::vector<size_t> of_person;
  std::vector<double> person_lengths;
  for (size_t i = 0; i < real.length.size(); ++i) {
    const auto row = static_cast<int>(i / columns), column = static_cast<int>(i % columns);
    if (*person.at(row, column) == 0) continue;
    of_person.push_back(i);
    person_lengths.push_back(real.length[i]);
  }
  if (of_person.size() < kLeastRegionPixels) return std::nullopt;
  const double edge = Quantile(real.length, kEdges), flat = Quantile(person_lengths, kFlat);
  double along = 0, square = 0;
  for (size_t i = 0; i < real.length.size(); ++i) {
    if (real.length[i] <= edge) continue;
    along += painted.x[i] * real.x[i] + painted.y[i] * real.y[i];
    square += real.length[i] * real.length[i];
  }
  if (square == 0) return std::nullopt;
  double painted_sum = 0, real_sum = 0, count = 0;
  for (const size_t i : of_person) {
    if (real.length[i] > flat) continue;
    painted_sum += painted.length[i];
    real_sum += real.length[i];
    ++count;
  }
  return EdgeScores{along / square, painted_sum / count / std::max(real_sum / count, kLeastMean)};
}

}  // namespace atelier::training
