#include "edit/pixels/parse_view.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"
#include "imaging/view_of.h"
#include "people/body/body_view.h"

namespace atelier::edit {
namespace {

/// Longer side, pixels.
constexpr int kWorkingSize = 384;
/// Shading changes lightness more than hue.
const cv::Scalar kLabWeights(.6, 1.6, 1.6);

/// The place that each pixel of the view shows; -1 = not the body.
cv::Mat VisiblePlaces(const people::Body& body, const Person& person, cv::Size size,
                      const std::vector<int>& surface_places) {
  cv::Mat out(size, CV_32S);
  for (int y = 0; y < size.height; ++y) {
    const int from_y = (2 * y + 1) * person.height() / (2 * size.height);
    for (int x = 0; x < size.width; ++x) {
      const int from_x = (2 * x + 1) * person.width() / (2 * size.width);
      const int triangle =
          person.visible
              .triangle[static_cast<size_t>(from_y) * static_cast<size_t>(person.width()) +
                        static_cast<size_t>(from_x)];
      out.at<int>(y, x) =
          triangle < 0
              ? -1
              : surface_places[static_cast<size_t>(people::SurfaceTriangle(body, triangle)[0])];
    }
  }
  return out;
}

/// The nearest pixel of the body of every pixel, as its number in `visible`, and how far it is.
cv::Mat NearestPixels(const cv::Mat& visible, cv::Mat& distance) {
  const NearestPlace found = NearestOf(visible >= 0);
  distance = found.distance;
  cv::Mat nearest(visible.size(), CV_32S);
  for (int y = 0; y < nearest.rows; ++y) {
    for (int x = 0; x < nearest.cols; ++x) {
      const auto& at = found.place.at<cv::Vec2i>(y, x);
      nearest.at<int>(y, x) = at[1] * visible.cols + at[0];
    }
  }
  return nearest;
}

}  // namespace

ParseView MakeParseView(const people::Body& body, const Person& person,
                        const std::vector<BodyPlace>& places,
                        const std::vector<int>& surface_places) {
  ParseView view;
  view.scale =
      std::min(1.0, static_cast<double>(kWorkingSize) / std::max(person.height(), person.width()));
  const cv::Size size(std::max(1, cvRound(person.width() * view.scale)),
                      std::max(1, cvRound(person.height() * view.scale)));
  cv::Mat small, mask;
  cv::resize(imaging::ViewOf(person.picture), small, size, 0, 0, cv::INTER_AREA);
  cv::resize(person.mask, mask, size, 0, 0, cv::INTER_AREA);
  small.convertTo(small, CV_32F);
  view.lab = LabOf(small).mul(cv::Mat(size, CV_32FC3, kLabWeights));
  view.person = mask > .5;

  const cv::Mat visible = VisiblePlaces(body, person, size, surface_places);
  if (cv::countNonZero(visible >= 0) == 0) view.person.setTo(0);
  cv::Mat distance;
  const cv::Mat nearest = NearestPixels(visible, distance);
  const auto pixels_per_metre = static_cast<float>(person.pixels_per_metre() * view.scale);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      if (view.person.at<uint8_t>(y, x) == 0) continue;
      const int place = visible.ptr<int>()[nearest.at<int>(y, x)];
      view.pixels.emplace_back(x, y);
      view.colours.push_back(view.lab.at<cv::Vec3f>(y, x));
      view.places.push_back(&places[static_cast<size_t>(std::max(0, place))]);
      view.outside.push_back(distance.at<float>(y, x) / pixels_per_metre);
    }
  }
  return view;
}

std::array<cv::Mat, kLabelCount> MatricesOf(const ParseView& view,
                                            const std::vector<LabelRow>& rows) {
  std::array<cv::Mat, kLabelCount> out;
  for (size_t label = 0; label < kLabelCount; ++label) {
    out[label] = cv::Mat::zeros(view.person.size(), CV_32F);
    for (size_t i = 0; i < rows.size(); ++i) out[label].at<float>(view.pixels[i]) = rows[i][label];
  }
  return out;
}

std::vector<LabelRow> RowsOf(const ParseView& view,
                             const std::array<cv::Mat, kLabelCount>& matrices) {
  std::vector<LabelRow> rows(view.size());
  for (size_t label = 0; label < kLabelCount; ++label) {
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i][label] = matrices[label].at<float>(view.pixels[i]);
    }
  }
  return rows;
}

}  // namespace atelier::edit
