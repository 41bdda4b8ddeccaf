#include "detail/carried_picture.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "imaging/view_of.h"

namespace atelier::detail {
namespace {

/// Cosines between surface and direction to the camera: a place seen less squarely than the first
/// is not carried, one seen more squarely than the second wholly.
constexpr float kLeastSquareness = .12f, kFullSquareness = .35f;
/// Pixels of the painting that the weight fades over at its edges.
constexpr double kFade = .75;
/// A photograph that is finer than the painting by less than this factor is sampled as it is.
constexpr double kFinerThan = 1.2;

/// One of the map's lists as a matrix.
cv::Mat ValuesOf(const people::CarryMap& map, const std::vector<float>& values) {
  return {map.height, map.width, CV_32F, const_cast<float*>(values.data())};
}

/// Pixels of the photograph for one of the map, in the median of those that are carried; 1 when
/// none are.
double Fineness(const people::CarryMap& map) {
  std::vector<float> steps;
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x + 1 < map.width; ++x) {
      const size_t i =
          static_cast<size_t>(y) * static_cast<size_t>(map.width) + static_cast<size_t>(x);
      if (map.squareness[i] <= 0 || map.squareness[i + 1] <= 0) continue;
      steps.push_back(std::hypot(map.x[i + 1] - map.x[i], map.y[i + 1] - map.y[i]));
    }
  }
  if (steps.empty()) return 1;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return *middle;
}

Image Grey(const cv::Mat& values, double scale) {
  Image out(values.rows, values.cols, 1);
  cv::Mat target = imaging::ViewOf(out);
  values.convertTo(target, CV_8U, scale);
  return out;
}

}  // namespace

double CarriedPicture::SeenShare() const {
  const double person_pixels = cv::sum(imaging::ViewOf(person))[0];
  return person_pixels == 0 ? 0 : cv::sum(imaging::ViewOf(weight))[0] / person_pixels;
}

CarriedPicture CarryPicture(const Image& photograph, int map_width, const people::CarryMap& map,
                            int scale) {
  cv::Mat source = imaging::ViewOf(photograph);
  double grown = static_cast<double>(photograph.width) / map_width;
  const double fineness = Fineness(map) * grown;
  if (fineness > kFinerThan) {
    cv::Mat smaller;
    cv::resize(source, smaller, {}, 1 / fineness, 1 / fineness, cv::INTER_AREA);
    grown *= static_cast<double>(smaller.cols) / source.cols;
    source = smaller;
  }
  // OpenCV's pixel centres lie at whole numbers, the map's at halves.
  const cv::Mat x = ValuesOf(map, map.x) * grown - .5, y = ValuesOf(map, map.y) * grown - .5;
  CarriedPicture out;
  out.colours = Image(map.height, map.width, 3);
  cv::Mat colours = imaging::ViewOf(out.colours);
  cv::remap(source, colours, x, y, cv::INTER_CUBIC, cv::BORDER_REPLICATE);

  cv::Mat weight =
      (ValuesOf(map, map.squareness) - kLeastSquareness) / (kFullSquareness - kLeastSquareness);
  weight = cv::min(cv::max(weight, 0.0), 1.0);
  const int edge = 2 * scale - 1;
  const cv::Mat square = cv::getStructuringElement(cv::MORPH_ELLIPSE, {edge, edge});
  cv::Mat eroded, faded;
  cv::erode(weight, eroded, square, {-1, -1}, 1, cv::BORDER_REPLICATE);
  cv::GaussianBlur(eroded, faded, {}, kFade * scale, 0, cv::BORDER_REPLICATE);
  // Nothing is carried from where nothing was seen.
  faded.setTo(0, weight <= 0);
  out.weight = Grey(faded, 255);
  colours.setTo(cv::Scalar::all(0), imaging::ViewOf(out.weight) == 0);

  const cv::Mat person(map.height, map.width, CV_8U, const_cast<uint8_t*>(map.person.data()));
  out.person = Grey(person, 255);
  return out;
}

}  // namespace atelier::detail
