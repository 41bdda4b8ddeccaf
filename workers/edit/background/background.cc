#include "edit/background/background.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

/// Metres around the outline within which the person's mask may be wrong; hair is wider.
constexpr double kBandMetres = .02;

Edited Replace(const Subject& base, const cv::Mat& background) {
  const Matte matte = PersonMatte(base.person);
  const cv::Mat picture = Mix(background, matte.inside, matte.alpha);
  Edited edited = WithPicture(base, picture, 1 - matte.alpha);
  edited.subject.appearance.wall = background;
  return edited;
}

}  // namespace

Matte PersonMatte(const Person& person) {
  const int band = std::max(2, cvRound(kBandMetres * person.pixels_per_metre()));
  return MatteOf(FloatOf(person.picture), person.mask, band);
}

Edited ReplaceBackground(const Subject& base, const Image& background) {
  return Replace(base, FloatOf(CutToAspect(background, base.person.height(), base.person.width())));
}

Edited ReplaceBackground(const Subject& base, const cv::Vec3f& rgb) {
  return Replace(base, cv::Mat(base.person.height(), base.person.width(), CV_32FC3,
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

Image CutToAspect(const Image& picture, int height, int width) {
  const cv::Mat whole = imaging::ViewOf(picture);
  const double scale =
      std::min(static_cast<double>(whole.cols) / width, static_cast<double>(whole.rows) / height);
  const int columns = std::clamp(cvRound(width * scale), 1, whole.cols);
  const int rows = std::clamp(cvRound(height * scale), 1, whole.rows);
  const cv::Rect middle((whole.cols - columns) / 2, (whole.rows - rows) / 2, columns, rows);
  Image out(height, width, picture.channels);
  cv::Mat target = imaging::ViewOf(out);
  cv::resize(whole(middle), target, target.size(), 0, 0,
             scale > 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  return out;
}

}  // namespace atelier::edit
