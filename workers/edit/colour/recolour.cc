#include "edit/colour/recolour.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "edit/person/matte.h"
#include "edit/pixels/cloth.h"

namespace atelier::edit {
namespace {

/// How much stronger or weaker lightness may vary than before: white's folds stay soft on black,
/// and black's noise is not blown up on white.
constexpr float kLeastGain = .6f, kMostGain = 1.6f;
/// Of the original's variation in hue: what makes cloth look woven and not painted.
constexpr float kHueKept = .15f;
/// Lightness below which cloth shows no folds of its own, and from which on it shows all.
constexpr float kBlack = 15, kGrey = 40;

cv::Vec3f LabOfColour(const cv::Vec3f& rgb) {
  return LabOf(cv::Mat(1, 1, CV_32FC3, cv::Scalar(rgb[0], rgb[1], rgb[2]))).at<cv::Vec3f>(0, 0);
}

struct ColourChange {
  cv::Vec3f from, to;  // CIELAB
  /// Share of the light's shading that is added.
  float lit = 0;

  cv::Vec3f Of(const cv::Vec3f& lab, float light) const {
    const float gain = std::clamp(to[0] / std::max(from[0], 8.0f), kLeastGain, kMostGain);
    float lightness = (to[0] + (lab[0] - from[0]) * gain) * (1 + lit * (light - 1));
    lightness = std::max(0.0f, lightness);
    if (lightness > to[0]) {  // towards white ever slower
      const float room = 100.01f - to[0];
      lightness = to[0] + room * (1 - std::exp((to[0] - lightness) / room));
    }
    const float share = ChromaShare(lightness);
    return {lightness, to[1] * share + (lab[1] - from[1]) * kHueKept,
            to[2] * share + (lab[2] - from[2]) * kHueKept};
  }

 private:
  /// Shade takes from chroma as much as from lightness; towards white there is less of it again.
  float ChromaShare(float lightness) const {
    if (lightness < to[0]) return std::max(lightness / std::max(to[0], 5.0f), .3f);
    return 1 - .35f * Ramp(lightness, to[0], 100.01f);
  }
};

void RecolourLabel(const cv::Mat& picture, const cv::Mat& mask, const cv::Mat& light, int band,
                   const cv::Vec3f& target, cv::Mat& out, cv::Mat& changed) {
  const Matte matte = MatteOf(picture, mask, band);
  cv::Mat lab = LabOf(matte.inside);
  ColourChange change{MedianWhere(lab, matte.alpha), target, 0};
  change.lit = Ramp(change.from[0], kGrey, kBlack) * Ramp(target[0], kBlack, kGrey);
  for (int y = 0; y < lab.rows; ++y) {
    auto* row = lab.ptr<cv::Vec3f>(y);
    for (int x = 0; x < lab.cols; ++x) row[x] = change.Of(row[x], light.at<float>(y, x));
  }
  out += Times(RgbOf(lab) - matte.inside, matte.alpha);
  changed = cv::max(changed, matte.alpha);
}

}  // namespace

Edited Recolour(const people::Body& body, const Subject& base, std::span<const Label> labels,
                const cv::Vec3f& rgb) {
  const cv::Mat picture = FloatOf(base.person.picture);
  cv::Mat out = picture.clone(), changed(picture.size(), CV_32F, cv::Scalar(0));
  const int band = BorderBand(base.person);
  const cv::Vec3f target = LabOfColour(rgb);
  for (const Label label : labels) {
    const cv::Mat& mask = base.regions.mask(label);
    const cv::Rect box = BoxAround(mask, 4 * band);
    if (box.empty()) continue;
    cv::Mat part = out(box), changed_part = changed(box);
    RecolourLabel(part.clone(), mask(box), LightOn(body, base, box), band, target, part,
                  changed_part);
  }
  return WithPicture(base, out, changed);
}

}  // namespace atelier::edit
