#include "edit/background/backdrop.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

/// Of the picture's height: smaller people are part of what is behind.
constexpr double kLargePerson = .3;
/// How much larger than necessary the picture may be shown to hide somebody in it, and what each
/// time counts, in shares of the picture.
constexpr double kMostZoom = 1.5, kZoomCost = .04;

/// The largest rectangle of `whole` with the aspect of `shape`, in its middle.
cv::Rect2d MiddleOf(const cv::Size& whole, const cv::Size& shape) {
  const double scale = std::min(static_cast<double>(whole.width) / shape.width,
                                static_cast<double>(whole.height) / shape.height);
  const double width = shape.width * scale, height = shape.height * scale;
  return {(whole.width - width) / 2, (whole.height - height) / 2, width, height};
}

cv::Mat Cut(const cv::Mat& picture, const cv::Rect2d& part, const cv::Size& size) {
  cv::Rect pixels(cvRound(part.x), cvRound(part.y), std::max(1, cvRound(part.width)),
                  std::max(1, cvRound(part.height)));
  pixels &= cv::Rect({}, picture.size());
  cv::Mat out;
  const bool shrinks = pixels.width > size.width;
  cv::resize(picture(pixels), out, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
  return out;
}

/// Where somebody large is: float, 0..1, of the picture's size; empty where nobody is.
cv::Mat LargePersonIn(const Image& somebody, const cv::Size& size) {
  if (somebody.empty()) return {};
  cv::Mat mask;
  imaging::ViewOf(somebody).convertTo(mask, CV_32F, 1 / 255.0);
  if (mask.size() != size) cv::resize(mask, mask, size, 0, 0, cv::INTER_LINEAR);
  const cv::Rect box = cv::boundingRect(mask > .5);
  return box.height < kLargePerson * size.height ? cv::Mat() : mask;
}

/// The part in which least of `somebody` is seen beside `front`.
cv::Rect2d BestPart(const cv::Mat& somebody, const cv::Mat& front) {
  constexpr int kSteps = 8, kSmallSide = 96;
  constexpr double kZoomStep = .1;
  const cv::Rect2d middle = MiddleOf(somebody.size(), front.size());
  const double shrink = static_cast<double>(kSmallSide) / std::max(front.cols, front.rows);
  cv::Mat beside;
  cv::resize(1 - front, beside, {}, shrink, shrink, cv::INTER_AREA);
  const double all = std::max(1.0, cv::sum(beside)[0]);
  cv::Rect2d best = middle;
  double least = 1e9;
  for (double zoom = 1; zoom <= kMostZoom; zoom += kZoomStep) {
    const double width = middle.width / zoom, height = middle.height / zoom;
    for (int row = 0; row <= kSteps; ++row) {
      for (int column = 0; column <= kSteps; ++column) {
        const cv::Rect2d part((somebody.cols - width) * column / kSteps,
                              (somebody.rows - height) * row / kSteps, width, height);
        const double seen = Cut(somebody, part, beside.size()).dot(beside) / all;
        const double cost = seen + kZoomCost * (zoom - 1) / kZoomStep;
        if (cost >= least) continue;
        least = cost;
        best = part;
      }
    }
  }
  return best;
}

}  // namespace

Backdrop BackdropOf(const Image& picture, const Image& somebody, const cv::Mat& front) {
  constexpr double kMargin = .015, kSeen = .005, kOutOfFocus = .008;
  const cv::Mat whole = FloatOf(picture);
  const cv::Mat person = LargePersonIn(somebody, whole.size());
  if (person.empty()) return {Cut(whole, MiddleOf(whole.size(), front.size()), front.size()), 0};
  // Masks are a little narrow, and hair and light go on beside them.
  const int margin = std::max(2, cvRound(kMargin * whole.rows));
  const cv::Mat gone = Dilated(Ramp(person, .1, .4), margin);
  const cv::Mat filled = PushPull(whole, 1 - gone);
  const cv::Rect2d part = BestPart(gone, front);
  const cv::Mat is_filled = Cut(gone, part, front.size());
  Backdrop backdrop{Cut(Mix(whole, filled, Blurred(gone, margin / 2.0)), part, front.size()), 0};
  backdrop.filled =
      is_filled.dot(1 - front) / std::max(1.0, static_cast<double>(cv::sum(1 - front)[0]));
  if (backdrop.filled > kSeen) {
    backdrop.picture = Blurred(backdrop.picture, kOutOfFocus * front.rows);
  }
  return backdrop;
}

}  // namespace atelier::edit
