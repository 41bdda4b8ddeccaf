#include "edit/flat/find_garment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/matte.h"

namespace atelier::edit {
namespace {

/// Shade on a background changes its lightness, not its hue.
constexpr std::array<float, 3> kLabWeights = {.7f, 1.4f, 1.4f};

Unexpected NotFound(const std::string& why) {
  return MakeError(Code::kFailedPrecondition, "GARMENT_NOT_FOUND",
                   "no garment was found in the picture: " + why);
}

/// 1, x, y, x^2, x y, y^2 of a place, as fractions of the picture.
using Terms = cv::Vec<double, 6>;
Terms TermsAt(int y, int x, const cv::Size& size) {
  const double u = (x + .5) / size.width, v = (y + .5) / size.height;
  return {1, u, v, u * u, u * v, v * v};
}

/// Colours that change smoothly over the picture.
struct Backdrop {
  std::array<Terms, 3> weights{};
  /// Weighted Lab distance that pixels of the border have from it, in the median.
  float usual_distance = 0;
  /// Share of the border that is close to it.
  double even_share = 0;

  cv::Vec3f At(int y, int x, const cv::Size& size) const {
    const Terms terms = TermsAt(y, x, size);
    cv::Vec3f out;
    for (int c = 0; c < 3; ++c) {
      out[c] = static_cast<float>(terms.dot(weights[static_cast<size_t>(c)]));
    }
    return out;
  }
};

float Distance(const cv::Vec3f& one, const cv::Vec3f& other) {
  float sum = 0;
  for (int c = 0; c < 3; ++c) {
    const float d = (one[c] - other[c]) * kLabWeights[static_cast<size_t>(c)];
    sum += d * d;
  }
  return std::sqrt(sum);
}

std::vector<cv::Point> BorderOf(const cv::Size& size) {
  constexpr double kShare = .025;
  constexpr size_t kMost = 20000;
  const int width = std::max(2, cvRound(kShare * std::min(size.width, size.height)));
  std::vector<cv::Point> border;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const int in = std::min({x, y, size.width - 1 - x, size.height - 1 - y});
      if (in < width) border.emplace_back(x, y);
    }
  }
  const size_t step = border.size() / kMost + 1;
  std::vector<cv::Point> thinned;
  for (size_t i = 0; i < border.size(); i += step) thinned.push_back(border[i]);
  return thinned;
}

/// Robust least squares over the border.
Backdrop FitBackdrop(const cv::Mat& lab) {
  constexpr int kRounds = 6;
  constexpr float kFar = 4, kEven = 7;
  const std::vector<cv::Point> border = BorderOf(lab.size());
  Backdrop backdrop;
  std::vector<float> distances(border.size(), 0);
  for (int round = 0; round < kRounds; ++round) {
    cv::Matx<double, 6, 6> square = cv::Matx<double, 6, 6>::eye() * 1e-6;
    std::array<Terms, 3> right{};
    for (size_t i = 0; i < border.size(); ++i) {
      const double miss = static_cast<double>(distances[i] / kFar);
      const double weight = 1 / (1 + miss * miss * miss * miss);
      const Terms terms = TermsAt(border[i].y, border[i].x, lab.size());
      square += weight * terms * terms.t();
      const auto& colour = lab.at<cv::Vec3f>(border[i]);
      for (int c = 0; c < 3; ++c) {
        right[static_cast<size_t>(c)] += weight * static_cast<double>(colour[c]) * terms;
      }
    }
    for (size_t c = 0; c < 3; ++c) backdrop.weights[c] = square.solve(right[c], cv::DECOMP_SVD);
    for (size_t i = 0; i < border.size(); ++i) {
      distances[i] =
          Distance(lab.at<cv::Vec3f>(border[i]), backdrop.At(border[i].y, border[i].x, lab.size()));
    }
  }
  const auto even = std::ranges::count_if(distances, [](float d) { return d < kEven; });
  backdrop.even_share = static_cast<double>(even) / static_cast<double>(distances.size());
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  backdrop.usual_distance = *middle;
  return backdrop;
}

/// How far the backdrop's colour at its corners, sides and middle is from their mean, at most.
float RangeOf(const Backdrop& backdrop, const cv::Size& size) {
  std::vector<cv::Vec3f> colours;
  cv::Vec3f mean(0, 0, 0);
  for (const int y : {0, size.height / 2, size.height - 1}) {
    for (const int x : {0, size.width / 2, size.width - 1}) {
      colours.push_back(backdrop.At(y, x, size));
      mean += colours.back() * (1 / 9.0f);
    }
  }
  float range = 0;
  for (const cv::Vec3f& colour : colours) range = std::max(range, Distance(colour, mean));
  return range;
}

/// Bytes: 255 where pixels differ a little from the backdrop and hang together with some that
/// differ much.
cv::Mat Different(const cv::Mat& distance, float little, float much) {
  cv::Mat labels, stats, centres;
  const cv::Mat weak = distance > little;
  const int count = cv::connectedComponentsWithStats(weak, labels, stats, centres, 8, CV_32S);
  std::vector<uint8_t> strong(static_cast<size_t>(count), 0);
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      if (distance.at<float>(y, x) > much) strong[static_cast<size_t>(labels.at<int>(y, x))] = 255;
    }
  }
  strong[0] = 0;
  cv::Mat out(distance.size(), CV_8U);
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      out.at<uint8_t>(y, x) = strong[static_cast<size_t>(labels.at<int>(y, x))];
    }
  }
  return out;
}

/// The largest component, without holes smaller than a share of it.
cv::Mat LargestOf(const cv::Mat& bytes) {
  constexpr double kHoleShare = .01;
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(bytes, labels, stats, centres, 8, CV_32S);
  int best = 0;
  for (int k = 1; k < count; ++k) {
    if (best == 0 || stats.at<int>(k, cv::CC_STAT_AREA) > stats.at<int>(best, cv::CC_STAT_AREA)) {
      best = k;
    }
  }
  if (best == 0) return cv::Mat::zeros(bytes.size(), CV_8U);
  cv::Mat out = labels == best;
  const int area = stats.at<int>(best, cv::CC_STAT_AREA);
  const int holes = cv::connectedComponentsWithStats(255 - out, labels, stats, centres, 4, CV_32S);
  for (int k = 1; k < holes; ++k) {
    if (stats.at<int>(k, cv::CC_STAT_AREA) < kHoleShare * area) out.setTo(255, labels == k);
  }
  return out;
}

/// Share of the picture's outermost pixels that are set.
double ShareOfFrame(const cv::Mat& bytes) {
  cv::Mat inner = bytes.clone();
  inner(cv::Rect(1, 1, bytes.cols - 2, bytes.rows - 2)).setTo(0);
  return static_cast<double>(cv::countNonZero(inner)) / (2 * (bytes.rows + bytes.cols) - 4);
}

}  // namespace

Result<FoundGarment> FindGarment(const Image& picture) {
  constexpr double kLeastEven = .6, kLeastArea = .02, kMostArea = .9, kMostFrame = .2;
  constexpr float kLittle = 4, kMuch = 12, kMostRange = 20;
  if (picture.height < 16 || picture.width < 16) return NotFound("it is too small");
  const cv::Mat rgb = FloatOf(picture);
  const cv::Mat lab = LabOf(Blurred(rgb, .7));
  const Backdrop backdrop = FitBackdrop(lab);
  if (backdrop.even_share < kLeastEven || RangeOf(backdrop, lab.size()) > kMostRange)
    return NotFound("its border must be an even background");
  FoundGarment found;
  cv::Mat distance(lab.size(), CV_32F), background(lab.size(), CV_32FC3);
  for (int y = 0; y < lab.rows; ++y) {
    for (int x = 0; x < lab.cols; ++x) {
      const cv::Vec3f behind = backdrop.At(y, x, lab.size());
      background.at<cv::Vec3f>(y, x) = behind;
      distance.at<float>(y, x) = Distance(lab.at<cv::Vec3f>(y, x), behind);
    }
  }
  const float noise = backdrop.usual_distance;
  cv::Mat garment = Different(distance, std::max(kLittle, 4 * noise), std::max(kMuch, 8 * noise));
  // Threads, and shade along the hem.
  cv::morphologyEx(garment, garment, cv::MORPH_OPEN, cv::Mat::ones(3, 3, CV_8U));
  garment = LargestOf(garment);
  const double area =
      static_cast<double>(cv::countNonZero(garment)) / static_cast<double>(garment.total());
  if (area < kLeastArea) return NotFound("nothing differs from its border");
  if (area > kMostArea || ShareOfFrame(garment) > kMostFrame) {
    return NotFound("the background must be seen around it");
  }
  cv::Mat mask;
  garment.convertTo(mask, CV_32F, 1 / 255.0);
  found.background = RgbOf(background);
  const Matte matte = MatteOf(rgb, mask, 2, found.background);
  found.mask = matte.alpha.mul(Dilated(mask, 2));
  found.colours = matte.inside;
  return found;
}

}  // namespace atelier::edit
