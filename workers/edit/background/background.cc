#include "edit/background/background.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/background/backdrop.h"
#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

/// Metres around the outline within which the person's mask may be wrong; hair is wider.
constexpr double kBandMetres = .02;

/// Median of `values` where `mask` (bytes) is set; 0 when it is nowhere.
float MedianWhere(const cv::Mat& values, const cv::Mat& mask) {
  std::vector<float> found;
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      if (mask.at<uint8_t>(y, x) != 0) found.push_back(values.at<float>(y, x));
    }
  }
  if (found.empty()) return 0;
  const auto middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
  std::ranges::nth_element(found, middle);
  return *middle;
}

/// The person's mask without what has the wall's colour and hangs together with the wall, within
/// `reach` pixels of the mask's border: masks of networks are wider than the person.
cv::Mat WithoutWall(const cv::Mat& picture, const cv::Mat& mask, int reach) {
  constexpr float kLeastLevels = 7, kOfNoise = 3;
  const cv::Mat outside = mask < .1, known = Eroded(outside, reach);
  cv::Mat weight, distance;
  known.convertTo(weight, CV_32F, 1 / 255.0);
  cv::Mat off = picture - PushPull(picture, weight);
  cv::transform(off.mul(off), distance, cv::Matx13f(1, 1, 1));
  cv::sqrt(distance, distance);
  const float noise = MedianWhere(distance, outside & ~known);
  const cv::Mat alike = distance < std::max(kLeastLevels, kOfNoise * noise);
  const cv::Mat wall = (alike | outside) & (Eroded(mask, reach) < .5);
  // Thin bridges lead into cloth of about the wall's colour.
  cv::Mat opened, labels;
  cv::morphologyEx(wall, opened, cv::MORPH_OPEN, cv::Mat::ones(3, 3, CV_8U));
  const int count = cv::connectedComponents(opened, labels, 4, CV_32S);
  std::vector<uint8_t> touches(static_cast<size_t>(count), 0);
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      if (outside.at<uint8_t>(y, x) != 0) touches[static_cast<size_t>(labels.at<int>(y, x))] = 1;
    }
  }
  touches[0] = 0;
  cv::Mat out = mask.clone();
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      if (touches[static_cast<size_t>(labels.at<int>(y, x))] != 0) out.at<float>(y, x) = 0;
    }
  }
  return out;
}

Edited Replace(const Subject& base, const Matte& matte, const cv::Mat& background) {
  const cv::Mat picture = Mix(background, matte.inside, matte.alpha);
  Edited edited = WithPicture(base, picture, 1 - matte.alpha);
  edited.subject.appearance.wall = background;
  return edited;
}

}  // namespace

Matte PersonMatte(const Person& person) {
  const int band = std::max(2, cvRound(kBandMetres * person.pixels_per_metre()));
  const cv::Mat picture = FloatOf(person.picture);
  return MatteOf(picture, WithoutWall(picture, person.mask, band), band);
}

Edited ReplaceBackground(const Subject& base, const Image& background, const Image& somebody,
                         double* filled) {
  const Matte matte = PersonMatte(base.person);
  const Backdrop backdrop = BackdropOf(background, somebody, matte.alpha);
  if (filled != nullptr) *filled = backdrop.filled;
  return Replace(base, matte, backdrop.picture);
}

Edited ReplaceBackground(const Subject& base, const cv::Vec3f& rgb) {
  return Replace(base, PersonMatte(base.person),
                 cv::Mat(base.person.height(), base.person.width(), CV_32FC3,
                         cv::Scalar(rgb[0], rgb[1], rgb[2])));
}

Image WithoutBackground(const Subject& base) {
  const Matte matte = PersonMatte(base.person);
  std::vector<cv::Mat> channels;
  cv::Mat shown = matte.inside.clone();
  shown.setTo(0, matte.alpha <= 0);
  cv::split(shown, channels);
  channels.push_back(matte.alpha * 255);
  cv::Mat rgba;
  cv::merge(channels, rgba);
  return ImageOf(rgba);
}

}  // namespace atelier::edit
