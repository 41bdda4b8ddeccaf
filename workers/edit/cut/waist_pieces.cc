#include "edit/cut/waist_pieces.h"

#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "edit/person/regions.h"

namespace atelier::edit {
namespace {

cv::Mat Is(const cv::Mat& found, Label label) { return found == static_cast<int>(label); }

/// The length of every vector.
cv::Mat LengthOf(const cv::Mat& vectors) {
  cv::Mat squares;
  cv::transform(vectors.mul(vectors), squares, cv::Matx13f(1, 1, 1));
  cv::sqrt(squares, squares);
  return squares;
}

/// How far every colour is from that of `label` around it; pieces that are unlike most of what is
/// around them do not count.
cv::Mat DistanceTo(const cv::Mat& lab, const cv::Mat& found, Label label, double pixels_per_metre) {
  constexpr double kInside = .012, kAround = .08, kUnlike = 15, kNowhere = 1e3;
  cv::Mat sure;
  Is(found, label).convertTo(sure, CV_32F, 1 / 255.0);
  sure = Eroded(sure, PixelsOf(kInside, pixels_per_metre));
  if (cv::countNonZero(sure) == 0) return {found.size(), CV_32F, cv::Scalar(kNowhere)};
  const double sigma = kAround * pixels_per_metre;
  const cv::Mat around = Over(Blurred(Times(lab, sure), sigma), Blurred(sure, sigma));
  const cv::Mat usual = sure.mul(Ramp(LengthOf(lab - around), kUnlike, .9 * kUnlike));
  return LengthOf(lab - PushPull(lab, cv::countNonZero(usual > 0) > 0 ? usual : sure));
}

}  // namespace

void MendWaist(const cv::Mat& lab, double pixels_per_metre, cv::Mat& found) {
  constexpr double kBand = .06, kOpened = .002, kSeams = .012, kMostOff = 28, kNearer = .75;
  // Hands hang beside trousers.
  constexpr double kMostOffOfSkin = 20, kNearerThanSkin = .5;
  const cv::Mat to_upper = DistanceTo(lab, found, Label::kUpper, pixels_per_metre);
  const cv::Mat to_lower = DistanceTo(lab, found, Label::kLower, pixels_per_metre);
  const int band = PixelsOf(kBand, pixels_per_metre), opened = PixelsOf(kOpened, pixels_per_metre);
  const cv::Mat around = cv::Mat::ones(2 * band + 1, 2 * band + 1, CV_8U);
  const cv::Mat small = cv::Mat::ones(2 * opened + 1, 2 * opened + 1, CV_8U);
  const int seams = PixelsOf(kSeams, pixels_per_metre);
  const cv::Mat seam = cv::Mat::ones(2 * seams + 1, 2 * seams + 1, CV_8U);
  const auto strays = [&](Label of, Label rather, const cv::Mat& own, const cv::Mat& other,
                          double most_off, double nearer) {
    cv::Mat near;
    cv::dilate(Is(found, rather), near, around);
    cv::Mat stray = Is(found, of) & near & (other < most_off) & (other < nearer * own);
    cv::morphologyEx(stray, stray, cv::MORPH_OPEN, small);
    // With its seams, which are lighter.
    cv::Mat beside;
    cv::dilate(stray, beside, seam);
    return cv::Mat(stray | (beside & Is(found, of) & (other < own)));
  };
  const cv::Mat lower = strays(Label::kUpper, Label::kLower, to_upper, to_lower, kMostOff, kNearer);
  const cv::Mat upper = strays(Label::kLower, Label::kUpper, to_lower, to_upper, kMostOff, kNearer);
  const cv::Mat to_skin = DistanceTo(lab, found, Label::kSkin, pixels_per_metre);
  const cv::Mat bare =
      strays(Label::kSkin, Label::kLower, to_skin, to_lower, kMostOffOfSkin, kNearerThanSkin);
  found.setTo(static_cast<int>(Label::kLower), lower | bare);
  found.setTo(static_cast<int>(Label::kUpper), upper);
}

}  // namespace atelier::edit
