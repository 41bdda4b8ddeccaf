#include "edit/garment/bare_skin.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/mirrored_fill.h"
#include "edit/person/push_pull.h"
#include "edit/warp/smooth_places.h"

namespace atelier::edit {
namespace {

double MedianWhere(const cv::Mat& values, const cv::Mat& where) {
  std::vector<float> list;
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      if (where.at<float>(y, x) > .5f) list.push_back(values.at<float>(y, x));
    }
  }
  return static_cast<double>(MedianOf(std::move(list)));
}

/// The base's tone under its light: RGB.
cv::Mat MadeSkin(const SwapInput& input, const SurfaceView& view) {
  constexpr double kLightShare = .6, kDarkest = -.6, kBrightest = .3;
  const Appearance& look = input.base.appearance;
  const cv::Mat normals = view.Interpolate(input.base.person.normals);
  cv::Mat shade, gain, towards;
  cv::transform(normals, shade, cv::Matx13f(look.light.x, look.light.y, look.light.z));
  shade = shade - MedianWhere(shade, view.Covered());
  cv::exp(kLightShare * cv::min(cv::max(shade, kDarkest), kBrightest), gain);
  // Skin at the body's edges is darker than the light alone makes it.
  cv::extractChannel(normals, towards, 2);
  gain = gain.mul(.8 + .2 * cv::min(cv::max(towards, 0.0), 1.0));
  const cv::Mat lightness = cv::min(cv::max(gain * look.skin_lab[0], 2.0), 98.0);
  cv::Mat lab;
  cv::merge(std::vector<cv::Mat>{lightness, cv::Mat(view.size(), CV_32F, look.skin_lab[1]),
                                 cv::Mat(view.size(), CV_32F, look.skin_lab[2])},
            lab);
  return RgbOf(lab);
}

/// log(one / other), for colours.
cv::Mat LogRatio(const cv::Mat& one, const cv::Mat& other) {
  constexpr double kBlack = 4, kMost = .6;
  cv::Mat a, b;
  cv::log(cv::max(one, cv::Scalar::all(kBlack)), a);
  cv::log(cv::max(other, cv::Scalar::all(kBlack)), b);
  return cv::min(cv::max(a - b, cv::Scalar::all(-kMost)), cv::Scalar::all(kMost));
}

/// What the base's visible skin differs from the made one by, continued over the box as far as it
/// tells anything: a hand in the light does not say how bright the shins are.
cv::Mat NearbyDifference(const SwapInput& input, const SurfaceView& view, const cv::Mat& picture,
                         const cv::Mat& made) {
  constexpr double kLeastPixels = 40, kBesideOld = .012, kNear = .08, kFar = .3;
  constexpr double kTells = .05;
  // The neck is in the chin's shadow.
  constexpr float kNeck = .15f;
  std::vector<float> below_head(input.body.attributes().size());
  for (size_t v = 0; v < below_head.size(); ++v) {
    const people::Attributes& a = input.body.attributes()[v];
    below_head[v] = (1 - a.head_weight) * (1 - (1 - kNeck) * a.neck_weight);
  }
  const Person& person = input.base.person;
  cv::Mat weight = Ramp(input.base.regions.mask(Label::kSkin)(input.box), .5, .9)
                       .mul(Ramp(person.squareness(input.box), .2, .5));
  // Beside the old garment skin is mixed with it, or lit by it.
  const cv::Mat beside = Dilated(MaskOf(input.base.regions, input.labels)(input.box),
                                 PixelsOf(kBesideOld, person.pixels_per_metre()));
  weight = Eroded(weight, 1).mul(view.Interpolate(below_head)).mul(1 - .98 * beside);
  const cv::Mat difference = LogRatio(picture(input.box), made);
  if (cv::sum(weight)[0] < kLeastPixels) return cv::Mat::zeros(made.size(), made.type());
  cv::Mat distance;
  cv::distanceTransform(weight < kTells, distance, cv::DIST_L2, cv::DIST_MASK_5);
  const double metre = person.pixels_per_metre();
  return Times(PushPull(difference, weight), Ramp(distance, kFar * metre, kNear * metre));
}

/// What colours of a person's skin differ from their tone by.
cv::Mat AgainstTone(const Subject& subject, const cv::Mat& colours) {
  const cv::Mat tone = RgbOf(cv::Mat(1, 1, CV_32FC3, cv::Scalar(subject.appearance.skin_lab)));
  const cv::Vec3f& rgb = tone.at<cv::Vec3f>(0, 0);
  return LogRatio(colours, cv::Mat(colours.size(), CV_32FC3, cv::Scalar(rgb)));
}

/// What the donor's skin differs from its own tone by, where the donor shows skin.
struct DonorSkin {
  cv::Mat difference;  // float, three channels: log
  cv::Mat known;       // float, 0..1
};

DonorSkin DonorSkinOf(const SwapInput& input, const SurfaceView& view) {
  constexpr double kEdge = .006;
  const Subject& donor = input.donor;
  const double scale = input.base.person.pixels_per_metre();
  const Places places = SmoothPlacesIn(input.body, view, donor.person, scale);
  const cv::Mat colours = places.Sample(FloatOf(donor.person.picture));
  const int inside = PixelsOf(kEdge, donor.person.pixels_per_metre());
  DonorSkin out;
  out.known = places.seen.mul(
      Ramp(places.Sample(Eroded(donor.regions.mask(Label::kSkin), inside)), .7, .95));
  out.known = Eroded(out.known, 1).mul(Blurred(out.known, kEdge * scale));
  if (!donor.appearance.has_skin) out.known.setTo(0);
  out.difference = AgainstTone(donor, colours);
  return out;
}

cv::Mat Grey(const cv::Mat& values) {
  cv::Mat out;
  cv::merge(std::vector<cv::Mat>(3, values), out);
  return out;
}

/// For every pixel the median of `values` among the known pixels of bared limbs that are as far
/// from their edges, less that of all.
cv::Mat AcrossLimb(const cv::Mat& values, const BaredLimbs& limbs) {
  constexpr int kBins = 9;
  constexpr float kLeastKnown = .9f, kMost = .4f;
  const auto bin_at = [](float across) {
    return std::clamp((across + 1) / 2 * kBins - .5f, 0.0f, static_cast<float>(kBins - 1));
  };
  std::array<std::vector<float>, kBins> found;
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      if (limbs.alpha.at<float>(y, x) < .5f || limbs.known.at<float>(y, x) < kLeastKnown) continue;
      const float bin = bin_at(limbs.across.at<float>(y, x));
      found[static_cast<size_t>(std::lround(bin))].push_back(values.at<float>(y, x));
    }
  }
  std::array<float, kBins> profile{};
  std::vector<float> known;
  for (size_t bin = 0; bin < kBins; ++bin) {
    if (found[bin].empty()) continue;
    profile[bin] = MedianOf(found[bin]);
    known.push_back(profile[bin]);
  }
  const float middle = MedianOf(known);
  for (size_t bin = 0; bin < kBins; ++bin) {
    profile[bin] = found[bin].empty() ? 0 : std::clamp(profile[bin] - middle, -kMost, kMost);
  }
  const std::array<float, kBins> rough = profile;
  for (size_t bin = 1; bin + 1 < kBins; ++bin) {
    profile[bin] = (rough[bin - 1] + 2 * rough[bin] + rough[bin + 1]) / 4;
  }
  cv::Mat out(values.size(), CV_32F, cv::Scalar(0));
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      if (limbs.alpha.at<float>(y, x) <= 0) continue;
      const float at = bin_at(limbs.across.at<float>(y, x));
      const auto bin = std::min(static_cast<size_t>(at), static_cast<size_t>(kBins - 2));
      const float share = at - static_cast<float>(bin);
      out.at<float>(y, x) = profile[bin] * (1 - share) + profile[bin + 1] * share;
    }
  }
  return out;
}

/// Bared limbs, as the donor's are against their own tone; where that is not seen, round.
cv::Mat LimbSkin(const SwapInput& input, const cv::Mat& tone) {
  constexpr double kEdge = .3, kMiddle = 1.04;
  constexpr double kFine = .004, kMostFine = .015;
  const BaredLimbs& limbs = input.limbs;
  cv::Mat colours;
  cv::remap(FloatOf(input.donor.person.picture), colours, limbs.x, limbs.y, cv::INTER_LINEAR,
            cv::BORDER_REPLICATE);
  cv::Mat round;
  cv::pow(cv::abs(limbs.across), 3, round);
  const cv::Mat even = Times(tone, kMiddle - kEdge * round);
  if (!input.donor.appearance.has_skin || cv::countNonZero(limbs.known > .5) == 0) return even;
  const cv::Mat difference = PushPull(AgainstTone(input.donor, colours), limbs.known);
  // The donor's light and shade from edge to edge; tattoos, hair and tone stay the donor's.
  cv::Mat light;
  cv::transform(difference, light, cv::Matx13f(.5f, .4f, .1f));
  const double sigma = kFine * input.base.person.pixels_per_metre();
  const cv::Mat fine = light - Blurred(light, sigma);
  light = AcrossLimb(light, limbs) + cv::min(cv::max(fine, -kMostFine), kMostFine);
  cv::Mat as_donor;
  cv::exp(Grey(light), as_donor);
  return tone.mul(as_donor);
}

/// The pores and the grain of the base's visible skin, continued over the box: the logarithm of a
/// factor.
cv::Mat SkinTexture(const SwapInput& input, const cv::Mat& picture) {
  constexpr double kFine = .004, kInside = .005;
  constexpr double kMost = .06, kPlain = 1.6, kOfUsual = 3;
  const Person& person = input.base.person;
  const double scale = person.pixels_per_metre();
  cv::Mat known = Ramp(input.base.regions.mask(Label::kSkin)(input.box), .8, .95)
                      .mul(Ramp(person.squareness(input.box), .3, .6));
  known = Eroded(known, PixelsOf(kInside, scale));
  cv::Mat luma;
  cv::log(LumaOf(picture(input.box)) + 4, luma);
  cv::Mat fine =
      luma - Over(Blurred(luma.mul(known), kFine * scale), Blurred(known, kFine * scale));
  // Of beards, tattoos and the shades of a face nothing is repeated.
  const cv::Mat strength = cv::abs(fine);
  const double usual = strength.dot(known) / std::max(1.0, cv::sum(known)[0]);
  const cv::Mat plain = Ramp(Blurred(strength, 2), kPlain * usual, usual);
  const double most = std::min(kMost, kOfUsual * usual);
  fine = cv::min(cv::max(fine, -most), most);
  return MirroredFill(fine, known.mul(plain));
}

}  // namespace

cv::Mat BareSkin(const SwapInput& input, const SurfaceView& view, const cv::Mat& picture) {
  const DonorSkin donor = DonorSkinOf(input, view);
  const cv::Mat tone =
      RgbOf(cv::Mat(view.size(), CV_32FC3, cv::Scalar(input.base.appearance.skin_lab)));
  cv::Mat as_donor;
  cv::exp(donor.difference, as_donor);
  cv::Mat texture;
  cv::exp(Grey(SkinTexture(input, picture)), texture);
  cv::Mat made = Mix(MadeSkin(input, view).mul(texture), tone.mul(as_donor), donor.known);
  made = Mix(made, LimbSkin(input, tone), input.limbs.alpha);
  cv::Mat gain;
  cv::exp(NearbyDifference(input, view, picture, made), gain);
  return cv::min(cv::max(made.mul(gain), cv::Scalar::all(0)), cv::Scalar::all(255));
}

}  // namespace atelier::edit
