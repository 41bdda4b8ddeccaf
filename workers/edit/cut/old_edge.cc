#include "edit/cut/old_edge.h"

#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/surface_view.h"
#include "people/pose/posed_body.h"

namespace atelier::edit {
namespace {

/// What of `where` (bytes) is in a part that is somewhere wider than 2 `reach` pixels.
cv::Mat WideParts(const cv::Mat& where, int reach) {
  cv::Mat part, depth;
  const int count = cv::connectedComponents(where, part, 8, CV_32S);
  cv::distanceTransform(where, depth, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  std::vector<float> deepest(static_cast<size_t>(count), 0);
  for (int y = 0; y < part.rows; ++y) {
    for (int x = 0; x < part.cols; ++x) {
      float& of_part = deepest[static_cast<size_t>(part.at<int>(y, x))];
      of_part = std::max(of_part, depth.at<float>(y, x));
    }
  }
  cv::Mat wide(where.size(), CV_8U, cv::Scalar(0));
  for (int y = 0; y < part.rows; ++y) {
    for (int x = 0; x < part.cols; ++x) {
      const int k = part.at<int>(y, x);
      if (k > 0 && deepest[static_cast<size_t>(k)] > static_cast<float>(reach)) {
        wide.at<uint8_t>(y, x) = 255;
      }
    }
  }
  return wide;
}

/// Without what is narrower than 2 `sliver` pixels, but for its own corners.
cv::Mat WithoutSlivers(const cv::Mat& where, int sliver) {
  const cv::Mat disc =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * sliver + 1, 2 * sliver + 1});
  cv::Mat opened;
  cv::morphologyEx(where, opened, cv::MORPH_OPEN, disc);
  cv::dilate(opened, opened, disc);
  return opened & where;
}

}  // namespace

double OutlineMisfit(const people::Body& body, const Person& person) {
  const SurfaceView view(body, people::Project(person.body),
                         {cv::Rect(0, 0, person.width(), person.height()), 1});
  const cv::Mat covered = view.Covered() > .5;
  cv::Mat inner, beyond;
  cv::erode(covered, inner, cv::Mat());
  cv::distanceTransform(person.mask <= .5, beyond, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return cv::mean(beyond, covered & ~inner)[0] / person.pixels_per_metre();
}

cv::Mat WithOldEdge(const cv::Mat& alpha, const cv::Mat& old, const cv::Mat& body, int reach,
                    int sliver) {
  // Slivers' width without steps: edges that are hardly to be seen are cut along pixels.
  constexpr double kSmooth = .5;
  const cv::Mat is_new = alpha > .5;
  // The old edge's pixels are mixed with the old garment's colour.
  cv::Mat is_old;
  cv::dilate(old > .5, is_old, cv::Mat());
  const cv::Mat more = WideParts(WithoutSlivers(is_new & ~is_old, sliver), reach);
  cv::Mat less = WideParts(WithoutSlivers(is_old & ~is_new, sliver), reach);
  less |= WithoutSlivers(is_old & ~is_new & (body <= .5), std::max(1, sliver / 2));
  cv::Mat inside;
  cv::Mat((is_old | more) & ~less).convertTo(inside, CV_32F, 1 / 255.0);
  return Ramp(Blurred(inside, std::max(1.0, kSmooth * sliver)), .4, .6);
}

}  // namespace atelier::edit
