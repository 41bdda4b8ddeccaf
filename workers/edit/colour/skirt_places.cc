#include "edit/colour/skirt_places.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/surface_view.h"

namespace atelier::edit {
namespace {

/// Canonical height of the hips.
constexpr float kHips = .06f;
constexpr float kSure = .5f;

/// Row of the picture that the hips are in.
int HipRow(const people::Body& body, const Person& person) {
  constexpr float kNear = .012f;
  float sum = 0, count = 0;
  for (const int v : body.skin_vertices()) {
    const people::Attributes& a = body.attributes()[static_cast<size_t>(v)];
    if (a.arm_weight > 0 || std::fabs(a.at.y - kHips) > kNear) continue;
    sum += person.screen[static_cast<size_t>(v)].y;
    ++count;
  }
  return cvRound(sum / std::max(1.0f, count));
}

/// Where the skirt is in a row: its middle and half its width, pixels; no width: nowhere.
struct RowSpan {
  float middle = 0;
  float half_width = 0;
};

std::vector<RowSpan> SpansOf(const cv::Mat& mask) {
  std::vector<RowSpan> spans(static_cast<size_t>(mask.rows));
  for (int y = 0; y < mask.rows; ++y) {
    const float* row = mask.ptr<float>(y);
    const float* end = row + mask.cols;
    const auto sure = [](float v) { return v > kSure; };
    const float* first = std::find_if(row, end, sure);
    if (first == end) continue;
    const float* last = end - 1;
    while (!sure(*last)) --last;
    spans[static_cast<size_t>(y)] = {static_cast<float>(first - row + (last - row)) / 2,
                                     static_cast<float>(last - first + 1) / 2};
  }
  return spans;
}

/// Means over the rows around each, so that a ragged outline does not bend the print.
std::vector<RowSpan> Smoothed(const std::vector<RowSpan>& spans, int radius) {
  std::vector<RowSpan> out(spans.size());
  for (int y = 0; y < static_cast<int>(spans.size()); ++y) {
    float count = 0;
    RowSpan& sum = out[static_cast<size_t>(y)];
    for (int k = std::max(0, y - radius);
         k <= std::min(static_cast<int>(spans.size()) - 1, y + radius); ++k) {
      const RowSpan& span = spans[static_cast<size_t>(k)];
      if (span.half_width <= 0) continue;
      sum.middle += span.middle;
      sum.half_width += span.half_width;
      ++count;
    }
    if (count > 0) sum = {sum.middle / count, sum.half_width / count};
  }
  return out;
}

}  // namespace

void LaySkirt(const people::Body& body, const Subject& subject, const cv::Rect& box,
              cv::Mat& places) {
  constexpr double kSmoothMetres = .03;
  const auto metre = static_cast<float>(subject.person.pixels_per_metre());
  const cv::Mat mask = subject.regions.mask(Label::kLower)(box);
  const std::vector<RowSpan> spans =
      Smoothed(SpansOf(mask), cvRound(kSmoothMetres * subject.person.pixels_per_metre()));
  const int hips = std::clamp(HipRow(body, subject.person) - box.y, 0, places.rows - 1);
  const RowSpan& top = spans[static_cast<size_t>(hips)];
  const int middle = std::clamp(cvRound(top.middle), 0, places.cols - 1);
  const cv::Vec2f at_hips = places.at<cv::Vec2f>(hips, middle);
  for (int y = hips; y < places.rows; ++y) {
    const RowSpan& span = spans[static_cast<size_t>(y)];
    if (span.half_width <= 0) continue;
    for (int x = 0; x < places.cols; ++x) {
      const float across =
          std::clamp((static_cast<float>(x) - span.middle) / span.half_width, -1.0f, 1.0f);
      places.at<cv::Vec2f>(y, x) = {at_hips[0] + span.half_width / metre * std::asin(across),
                                    at_hips[1] - static_cast<float>(y - hips) / metre};
    }
  }
}

}  // namespace atelier::edit
