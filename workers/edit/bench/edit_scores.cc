#include "edit/bench/edit_scores.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/bench/colour_difference.h"
#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

constexpr double kLeastSquaredError = 1e-3;
constexpr int kBandPixels = 6;
constexpr int kSsimRadius = 5;
constexpr double kSsimSigma = 1.5;
constexpr double kC1 = .01 * 255 * .01 * 255;
constexpr double kC2 = .03 * 255 * .03 * 255;

cv::Mat Half(const Image& image) {
  cv::Mat half;
  cv::resize(imaging::ViewOf(image), half, {image.width / 2, image.height / 2}, 0, 0,
             cv::INTER_AREA);
  return half;
}

/// Float, L*a*b*.
cv::Mat LabOf(const cv::Mat& rgb) {
  cv::Mat lab;
  rgb.convertTo(lab, CV_32F, 1.0 / 255);
  cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
  return lab;
}

cv::Mat LumaOf(const cv::Mat& rgb) {
  cv::Mat luma;
  rgb.convertTo(luma, CV_32F);
  cv::cvtColor(luma, luma, cv::COLOR_RGB2GRAY);
  return luma;
}

cv::Mat WindowMean(const cv::Mat& plane) {
  cv::Mat mean;
  const int side = 2 * kSsimRadius + 1;
  cv::GaussianBlur(plane, mean, {side, side}, kSsimSigma, kSsimSigma, cv::BORDER_REFLECT_101);
  return mean;
}

cv::Mat SsimMap(const cv::Mat& a, const cv::Mat& b) {
  const cv::Mat mean_a = WindowMean(a), mean_b = WindowMean(b);
  const cv::Mat square_a = mean_a.mul(mean_a), square_b = mean_b.mul(mean_b);
  const cv::Mat product = mean_a.mul(mean_b);
  const cv::Mat variance_a = WindowMean(a.mul(a)) - square_a;
  const cv::Mat variance_b = WindowMean(b.mul(b)) - square_b;
  const cv::Mat covariance = WindowMean(a.mul(b)) - product;
  cv::Mat above = (2 * product + kC1).mul(2 * covariance + kC2), ssim;
  cv::divide(above, (square_a + square_b + kC1).mul(variance_a + variance_b + kC2), ssim);
  return ssim;
}

/// Of every pixel, mean over the channels.
cv::Mat SquaredError(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat difference, error;
  cv::absdiff(a, b, difference);
  difference.convertTo(difference, CV_32F);
  difference = difference.mul(difference);
  cv::transform(difference, error, cv::Matx13f(1.f / 3, 1.f / 3, 1.f / 3));
  return error;
}

double MeanOver(const cv::Mat& values, const cv::Mat& mask) { return cv::mean(values, mask)[0]; }

double PsnrOf(double squared_error) {
  return 10 * std::log10(255.0 * 255.0 / std::max(squared_error, kLeastSquaredError));
}

/// Bytes: 255 within half the band's width of the mask's border.
cv::Mat BandAround(const cv::Mat& inside) {
  cv::Mat grown, shrunk;
  const cv::Mat disc =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, {kBandPixels + 1, kBandPixels + 1});
  cv::dilate(inside, grown, disc);
  cv::erode(inside, shrunk, disc);
  return grown & ~shrunk;
}

double MeanDeltaE(const cv::Mat& lab, const cv::Mat& true_lab, const cv::Mat& mask) {
  double sum = 0;
  int count = 0;
  const auto colour = [](const cv::Vec3f& v) {
    return LabColour{static_cast<double>(v[0]), static_cast<double>(v[1]),
                     static_cast<double>(v[2])};
  };
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (mask.at<uint8_t>(y, x) == 0) continue;
      sum += Ciede2000(colour(lab.at<cv::Vec3f>(y, x)), colour(true_lab.at<cv::Vec3f>(y, x)));
      ++count;
    }
  }
  return sum / std::max(count, 1);
}

/// Share of the pixels outside of `mask` that two pictures have in common.
double SharedOutside(const Image& picture, const Image& base, const Image& mask) {
  size_t same = 0, outside = 0;
  for (size_t i = 0; i < mask.data.size(); ++i) {
    if (mask.data[i] != 0) continue;
    ++outside;
    const uint8_t* pixel = &picture.data[i * 3];
    if (std::equal(pixel, pixel + 3, &base.data[i * 3])) ++same;
  }
  return static_cast<double>(same) / static_cast<double>(std::max<size_t>(outside, 1));
}

/// Float, `to` - `from`, 0 where `mask` is.
cv::Mat Change(const cv::Mat& from, const cv::Mat& to, const cv::Mat& mask) {
  cv::Mat change;
  cv::subtract(to, from, change, mask, CV_32F);
  change.setTo(cv::Scalar::all(0), ~mask);
  return change;
}

/// Float, two channels: differences of the luma to the next column and the next row.
cv::Mat GradientOf(const cv::Mat& luma) {
  const cv::Rect inner(0, 0, luma.cols - 1, luma.rows - 1);
  cv::Mat gradient;
  cv::merge(std::vector<cv::Mat>{luma(inner + cv::Point(1, 0)) - luma(inner),
                                 luma(inner + cv::Point(0, 1)) - luma(inner)},
            gradient);
  return gradient;
}

/// Of the lumas; see EditScores::edge_fidelity.
double EdgeFidelity(const cv::Mat& luma, const cv::Mat& true_luma) {
  constexpr double kEdges = .9;
  const cv::Mat gradient = GradientOf(luma), truth = GradientOf(true_luma);
  std::vector<float> squares;
  for (const cv::Vec2f& step : cv::Mat_<cv::Vec2f>(truth)) squares.push_back(step.dot(step));
  std::vector<float> sorted = squares;
  const auto at = static_cast<std::ptrdiff_t>(kEdges * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
  const float least = sorted[static_cast<size_t>(at)];
  double along = 0, square = 0;
  for (size_t i = 0; i < squares.size(); ++i) {
    if (squares[i] <= least) continue;
    const auto pixel = static_cast<int>(i);
    const cv::Point place(pixel % truth.cols, pixel / truth.cols);
    along += static_cast<double>(gradient.at<cv::Vec2f>(place).dot(truth.at<cv::Vec2f>(place)));
    square += static_cast<double>(squares[i]);
  }
  return square > 0 ? along / square : 0;
}

double CosineOf(const cv::Mat& a, const cv::Mat& b) {
  const double lengths = cv::norm(a) * cv::norm(b);
  return lengths > 0 ? a.dot(b) / lengths : 0;
}

}  // namespace

struct EditScorer::Parts {
  cv::Mat truth, lab, luma;
  /// Bytes, 0 or 255; those for SSIM leave out the picture's rim, which its windows overlap.
  cv::Mat inside, outside, band, ssim_inside, ssim_outside;
  Image full_mask;
  const Image* base = nullptr;
};

EditScorer::EditScorer(const Image& truth, const Image& mask, const Image* base) {
  auto parts = std::make_unique<Parts>();
  parts->truth = Half(truth);
  parts->lab = LabOf(parts->truth);
  parts->luma = LumaOf(parts->truth);
  parts->inside = Half(mask) > 127;
  parts->outside = ~parts->inside;
  parts->band = BandAround(parts->inside);
  cv::Mat window(parts->inside.size(), CV_8U, cv::Scalar(0));
  window(cv::Rect(kSsimRadius, kSsimRadius, window.cols - 2 * kSsimRadius,
                  window.rows - 2 * kSsimRadius)) = 255;
  parts->ssim_inside = parts->inside & window;
  parts->ssim_outside = parts->outside & window;
  parts->full_mask = mask;
  parts->base = base;
  parts_ = std::move(parts);
}

EditScorer::~EditScorer() = default;

int EditScorer::masked_pixels() const { return cv::countNonZero(parts_->inside); }

EditScores EditScorer::Score(const Image& picture) const {
  const Parts& p = *parts_;
  const cv::Mat half = Half(picture);
  const cv::Mat error = SquaredError(half, p.truth);
  const cv::Mat luma = LumaOf(half), ssim = SsimMap(luma, p.luma);
  EditScores scores;
  scores.psnr_inside = PsnrOf(MeanOver(error, p.inside));
  scores.psnr_outside = PsnrOf(MeanOver(error, p.outside));
  scores.ssim_inside = MeanOver(ssim, p.ssim_inside);
  scores.ssim_outside = MeanOver(ssim, p.ssim_outside);
  scores.delta_e = MeanDeltaE(LabOf(half), p.lab, p.inside);
  scores.edge_fidelity = EdgeFidelity(luma, p.luma);
  scores.boundary_error = std::sqrt(MeanOver(error, p.band));
  if (p.base != nullptr) {
    scores.untouched = SharedOutside(picture, *p.base, p.full_mask);
    const cv::Mat base = Half(*p.base);
    scores.change_agreement =
        CosineOf(Change(base, half, p.inside), Change(base, p.truth, p.inside));
  }
  return scores;
}

}  // namespace atelier::edit
