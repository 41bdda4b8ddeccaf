#include "edit/colour/print.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <vector>

#include "edit/colour/cloth_places.h"
#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "edit/person/matte.h"
#include "edit/pixels/cloth.h"
#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

/// Pixels of the print that fall on one of the picture's, where cloth is seen at an angle: from the
/// first to the second the print is read from half its size instead.
constexpr double kSquare = 1.4, kGrazing = 2.8;

/// The print as it lies on the cloth: its colours, and how much of a pixel it covers.
struct PrintLayer {
  cv::Mat colours;  // float RGB
  cv::Mat cover;    // float, 0..1
};

/// How far a photograph's repeats overlap, of its width and height.
constexpr double kOverlap = .12;

/// Mean difference of two columns, levels.
double ColumnsDiffer(const cv::Mat& picture, int one, int other) {
  cv::Mat off = cv::abs(picture.col(one) - picture.col(other));
  const cv::Scalar mean = cv::mean(off);
  return (mean[0] + mean[1] + mean[2]) / 3;
}

/// `picture` whose right edge goes over into its left one, where the two do not meet and nothing
/// within it changes as suddenly: a photograph's edges are no lines of the pattern. It is narrower
/// by what overlaps.
cv::Mat JoinedAcross(const cv::Mat& picture) {
  constexpr double kSudden = 1.2;
  const int overlap = cvRound(kOverlap * picture.cols);
  if (overlap < 2) return picture;
  double within = 0;
  for (int x = 0; x + 1 < picture.cols; ++x) {
    within = std::max(within, ColumnsDiffer(picture, x, x + 1));
  }
  if (ColumnsDiffer(picture, 0, picture.cols - 1) < kSudden * within) return picture;
  cv::Mat out = picture.colRange(0, picture.cols - overlap).clone();
  for (int x = 0; x < overlap; ++x) {
    const double share = (x + .5) / overlap;
    const cv::Mat end = picture.col(picture.cols - overlap + x);
    cv::Mat(share * picture.col(x) + (1 - share) * end).copyTo(out.col(x));
  }
  return out;
}

/// The pattern as it is repeated: what of a photograph's edges would be seen is blended.
Pattern Seamless(Pattern pattern) {
  if (pattern.repeat != PatternRepeat::kTile) return pattern;
  const cv::Mat given = FloatOf(pattern.picture);
  cv::Mat joined = JoinedAcross(given);
  pattern.width_metres *= static_cast<double>(joined.cols) / given.cols;
  cv::Mat turned;
  cv::transpose(joined, turned);
  turned = JoinedAcross(turned);
  cv::transpose(turned, joined);
  pattern.picture = ImageOf(joined);
  return pattern;
}

/// `picture` with about as many pixels as the person's picture has for it, and half as many.
std::vector<cv::Mat> SizesOf(const Pattern& pattern, double pixels_per_metre) {
  cv::Mat full = FloatOf(pattern.picture);
  const double shrink = pattern.width_metres * pixels_per_metre / full.cols;
  if (shrink < 1) {
    const cv::Size size(std::max(1, cvRound(full.cols * shrink)),
                        std::max(1, cvRound(full.rows * shrink)));
    cv::resize(full, full, size, 0, 0, cv::INTER_AREA);
  }
  cv::Mat half;
  cv::resize(full, half, {std::max(1, full.cols / 2), std::max(1, full.rows / 2)}, 0, 0,
             cv::INTER_AREA);
  return {full, half};
}

/// Where each place of the cloth is in the picture: (0, 0) its top left corner, (1, 1) the other.
cv::Mat InPattern(const cv::Mat& places, const cv::Vec2f& middle, const Pattern& pattern) {
  const double turn = pattern.rotation_degrees * CV_PI / 180;
  const auto cosine = static_cast<float>(std::cos(turn)), sine = static_cast<float>(std::sin(turn));
  const auto width = static_cast<float>(pattern.width_metres);
  const float height = width * static_cast<float>(pattern.picture.height) /
                       static_cast<float>(pattern.picture.width);
  cv::Mat out(places.size(), CV_32FC2);
  for (int y = 0; y < places.rows; ++y) {
    for (int x = 0; x < places.cols; ++x) {
      const cv::Vec2f off = places.at<cv::Vec2f>(y, x) - middle;
      const float right = off[0], down = -off[1];
      out.at<cv::Vec2f>(y, x) = {(right * cosine + down * sine) / width + .5f,
                                 (down * cosine - right * sine) / height + .5f};
    }
  }
  return out;
}

cv::Mat Sampled(const cv::Mat& picture, const cv::Mat& places, PatternRepeat repeat) {
  cv::Mat map(places.size(), CV_32FC2), out;
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) {
      const auto& p = places.at<cv::Vec2f>(y, x);
      map.at<cv::Vec2f>(y, x) = {p[0] * static_cast<float>(picture.cols) - .5f,
                                 p[1] * static_cast<float>(picture.rows) - .5f};
    }
  }
  const int border = repeat == PatternRepeat::kTile     ? cv::BORDER_WRAP
                     : repeat == PatternRepeat::kMirror ? cv::BORDER_REFLECT
                                                        : cv::BORDER_REPLICATE;
  cv::remap(picture, out, map, cv::noArray(), cv::INTER_LINEAR, border);
  return out;
}

/// 1 inside of the picture, 0 outside, soft across one pixel of it.
cv::Mat CoverOf(const cv::Mat& places, const cv::Size& size) {
  cv::Mat cover(places.size(), CV_32F);
  for (int y = 0; y < cover.rows; ++y) {
    for (int x = 0; x < cover.cols; ++x) {
      const auto& p = places.at<cv::Vec2f>(y, x);
      const float across = std::min(p[0], 1 - p[0]) * static_cast<float>(size.width);
      const float down = std::min(p[1], 1 - p[1]) * static_cast<float>(size.height);
      cover.at<float>(y, x) = Ramp(std::min(across, down), -.5f, .5f);
    }
  }
  return cover;
}

/// Pixels of a picture seen squarely that fall on each pixel.
cv::Mat Crowding(const cv::Mat& places, double pixels_per_metre) {
  cv::Mat across, down;
  cv::Scharr(places, across, CV_32F, 1, 0, pixels_per_metre / 32);
  cv::Scharr(places, down, CV_32F, 0, 1, pixels_per_metre / 32);
  cv::Mat crowding(places.size(), CV_32F);
  for (int y = 0; y < places.rows; ++y) {
    for (int x = 0; x < places.cols; ++x) {
      crowding.at<float>(y, x) = static_cast<float>(
          std::max(cv::norm(across.at<cv::Vec2f>(y, x)), cv::norm(down.at<cv::Vec2f>(y, x))));
    }
  }
  return crowding;
}

PrintLayer LayOut(const Pattern& pattern, const cv::Mat& places, const cv::Vec2f& middle,
                  double pixels_per_metre) {
  const std::vector<cv::Mat> sizes = SizesOf(pattern, pixels_per_metre);
  const cv::Mat in_pattern = InPattern(places, middle, pattern);
  PrintLayer layer;
  layer.colours = Mix(Sampled(sizes[1], in_pattern, pattern.repeat),
                      Sampled(sizes[0], in_pattern, pattern.repeat),
                      Ramp(Crowding(places, pixels_per_metre), kGrazing, kSquare));
  layer.cover = pattern.repeat == PatternRepeat::kNone
                    ? CoverOf(in_pattern, sizes[0].size())
                    : cv::Mat(places.size(), CV_32F, cv::Scalar(1));
  return layer;
}

/// `places` moved along where the cloth is darker or brighter than usual: a print goes up and down
/// with the folds.
cv::Mat OverFolds(const cv::Mat& places, const cv::Mat& shading, double pixels_per_metre) {
  constexpr double kSmooth = .003, kMost = .35, kMetres = .016;
  const cv::Mat height =
      cv::min(cv::max(Blurred(shading, kSmooth * pixels_per_metre) - 1, -kMost), kMost) * kMetres;
  cv::Mat both;
  cv::merge(std::vector<cv::Mat>{height, height}, both);
  return places + both;
}

/// The middle of a garment's front: straight below the chin, half way between its ends.
cv::Vec2f MiddleOf(const cv::Mat& places, const cv::Mat& mask) {
  constexpr float kFront = .08f;
  std::vector<float> heights;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      const auto& p = places.at<cv::Vec2f>(y, x);
      if (mask.at<float>(y, x) > .5f && std::fabs(p[0]) < kFront) heights.push_back(p[1]);
    }
  }
  if (heights.empty()) return {0, 0};
  // The outermost twentieths are stray pixels.
  const auto at = [&](double share) {
    const auto place = heights.begin() +
                       static_cast<std::ptrdiff_t>(share * static_cast<double>(heights.size() - 1));
    std::ranges::nth_element(heights, place);
    return *place;
  };
  return {0, (at(.05) + at(.95)) / 2};
}

}  // namespace

Edited Print(const people::Body& body, const Subject& base, std::span<const Label> labels,
             const Pattern& given) {
  const Pattern pattern = Seamless(given);
  const Person& person = base.person;
  const cv::Mat picture = FloatOf(person.picture);
  cv::Mat out = picture.clone(), changed(picture.size(), CV_32F, cv::Scalar(0));
  const int band = BorderBand(person);
  std::optional<cv::Vec2f> middle;
  for (const Label label : labels) {
    const cv::Mat& mask = base.regions.mask(label);
    const cv::Rect box = BoxAround(mask, 4 * band);
    if (box.empty()) continue;
    cv::Mat part = out(box), changed_part = changed(box);
    const cv::Mat places = ClothPlaces(body, base, label, box);
    if (!middle) middle = MiddleOf(places, mask(box));
    const Matte matte = MatteOf(part.clone(), mask(box), band);
    const cv::Mat shading =
        ShadingOf(matte.inside, matte.alpha, LightOn(body, base, box), person.pixels_per_metre());
    const double scale = person.pixels_per_metre();
    const PrintLayer layer = LayOut(pattern, OverFolds(places, shading, scale), *middle, scale);
    const cv::Mat alpha = matte.alpha.mul(layer.cover);
    part += Times(Times(layer.colours, shading) - matte.inside, alpha);
    changed_part = cv::max(changed_part, alpha);
  }
  return WithPicture(base, out, changed);
}

}  // namespace atelier::edit
