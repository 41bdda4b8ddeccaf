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

/// The medians of the channels where `where` (0..1) is above a half; zero where that is nowhere.
cv::Scalar MedianColour(const cv::Mat& values, const cv::Mat& where) {
  cv::Scalar out;
  cv::Mat channel;
  for (int c = 0; c < values.channels(); ++c) {
    cv::extractChannel(values, channel, c);
    out[c] = MedianWhere(channel, where);
  }
  return out;
}

/// 1 for vertices below the head; the neck is in the chin's shadow.
std::vector<float> BelowHead(const people::Body& body) {
  constexpr float kNeck = .15f;
  std::vector<float> below_head(body.attributes().size());
  for (size_t v = 0; v < below_head.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    below_head[v] = (1 - a.head_weight) * (1 - (1 - kNeck) * a.neck_weight);
  }
  return below_head;
}

/// RGB: the tone of arms and legs. The face's is another, tanned or lit in its own way, so it is
/// that of what is bare below the head, where enough of it is seen.
cv::Scalar LimbTone(const SwapInput& input, const SurfaceView& view, const cv::Mat& picture) {
  constexpr double kLeastPixels = 150;
  constexpr double kInside = .006;
  const Person& person = input.base.person;
  const cv::Mat skin = Eroded(Ramp(input.base.regions.mask(Label::kSkin)(input.box), .5, .9),
                              PixelsOf(kInside, person.pixels_per_metre()));
  const cv::Mat seen = skin.mul(view.Interpolate(BelowHead(input.body)))
                           .mul(Ramp(person.squareness(input.box), .2, .5));
  if (cv::countNonZero(seen > .5) > kLeastPixels) return MedianColour(picture(input.box), seen);
  const cv::Mat face = RgbOf(cv::Mat(1, 1, CV_32FC3, cv::Scalar(input.base.appearance.skin_lab)));
  return cv::Scalar(face.at<cv::Vec3f>(0, 0));
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

/// log(one / other), for colours, at most `most` either way.
cv::Mat LogRatio(const cv::Mat& one, const cv::Mat& other, double most = .6) {
  constexpr double kBlack = 4;
  cv::Mat a, b;
  cv::log(cv::max(one, cv::Scalar::all(kBlack)), a);
  cv::log(cv::max(other, cv::Scalar::all(kBlack)), b);
  return cv::min(cv::max(a - b, cv::Scalar::all(-most)), cv::Scalar::all(most));
}

/// What the base's visible skin differs from the made one by, continued over the box as far as it
/// tells anything: a hand in the light does not say how bright the shins are.
cv::Mat NearbyDifference(const SwapInput& input, const SurfaceView& view, const cv::Mat& picture,
                         const cv::Mat& made) {
  constexpr double kLeastPixels = 40, kBesideOld = .012, kNear = .08, kFar = .3;
  constexpr double kTells = .05;
  const Person& person = input.base.person;
  cv::Mat weight = Ramp(input.base.regions.mask(Label::kSkin)(input.box), .5, .9)
                       .mul(Ramp(person.squareness(input.box), .2, .5));
  // Beside the old garment skin is mixed with it, or lit by it.
  const cv::Mat beside = Dilated(MaskOf(input.base.regions, input.labels)(input.box),
                                 PixelsOf(kBesideOld, person.pixels_per_metre()));
  weight = Eroded(weight, 1).mul(view.Interpolate(BelowHead(input.body))).mul(1 - .98 * beside);
  const cv::Mat difference = LogRatio(picture(input.box), made);
  if (cv::sum(weight)[0] < kLeastPixels) return cv::Mat::zeros(made.size(), made.type());
  cv::Mat distance;
  cv::distanceTransform(weight < kTells, distance, cv::DIST_L2, cv::DIST_MASK_5);
  const double metre = person.pixels_per_metre();
  return Times(PushPull(difference, weight), Ramp(distance, kFar * metre, kNear * metre));
}

/// What the base's skin differs from the made one by right beside the old garment, continued for
/// some centimetres: whatever shade it has there, it goes over into what is made.
cv::Mat SeamDifference(const SwapInput& input, const cv::Mat& picture, const cv::Mat& made) {
  constexpr double kBeside = .003, kWithin = .02, kEven = .006, kNear = .01, kFar = .06;
  constexpr double kMostOff = .35;
  const double scale = input.base.person.pixels_per_metre();
  const cv::Mat old = MaskOf(input.base.regions, input.labels)(input.box);
  cv::Mat seam = Eroded(Ramp(input.base.regions.mask(Label::kSkin)(input.box), .6, .9), 1);
  seam = seam.mul(1 - Dilated(old, PixelsOf(kBeside, scale)))
             .mul(Dilated(old, PixelsOf(kWithin, scale)));
  if (cv::countNonZero(seam > .5) == 0) return cv::Mat::zeros(made.size(), made.type());
  const cv::Mat around = Blurred(seam, kEven * scale);
  cv::Mat difference = LogRatio(picture(input.box), made, kMostOff);
  difference = Over(Blurred(Times(difference, seam), kEven * scale), around);
  cv::Mat distance;
  cv::distanceTransform(seam <= .5, distance, cv::DIST_L2, cv::DIST_MASK_5);
  return Times(PushPull(difference, Ramp(around, .02, .3)),
               Ramp(distance, kFar * scale, kNear * scale));
}

/// What colours of a person's skin differ from their tone by.
cv::Mat AgainstTone(const Subject& subject, const cv::Mat& colours, double most = .6) {
  const cv::Mat tone = RgbOf(cv::Mat(1, 1, CV_32FC3, cv::Scalar(subject.appearance.skin_lab)));
  const cv::Vec3f& rgb = tone.at<cv::Vec3f>(0, 0);
  return LogRatio(colours, cv::Mat(colours.size(), CV_32FC3, cv::Scalar(rgb)), most);
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

/// `made` skin as light as `seen` where that is known, and as it is far from there.
cv::Mat LitAs(const cv::Mat& seen, const cv::Mat& known, const cv::Mat& made, double scale) {
  constexpr double kEven = .02, kNear = .04, kFar = .15;
  if (cv::countNonZero(known > .5) == 0) return made;
  const cv::Mat around = Blurred(known, kEven * scale);
  const cv::Mat even = Over(Blurred(Times(LogRatio(seen, made), known), kEven * scale), around);
  cv::Mat distance, gain;
  cv::distanceTransform(known <= .5, distance, cv::DIST_L2, cv::DIST_MASK_5);
  cv::exp(Times(PushPull(even, Ramp(around, .02, .3)), Ramp(distance, kFar * scale, kNear * scale)),
          gain);
  return made.mul(gain);
}

cv::Mat Grey(const cv::Mat& values) {
  cv::Mat out;
  cv::merge(std::vector<cv::Mat>(3, values), out);
  return out;
}

/// For every pixel of a bared limb the median of `values` among the pixels where `known` is 1 that
/// are as far from its edges; less that of all.
cv::Mat AcrossLimb(const cv::Mat& values, const cv::Mat& known, const BaredLimbs& limbs) {
  constexpr int kBins = 9;
  constexpr float kLeastKnown = .9f, kMost = .4f;
  const auto bin_at = [](float across) {
    return std::clamp((across + 1) / 2 * kBins - .5f, 0.0f, static_cast<float>(kBins - 1));
  };
  std::array<std::vector<float>, kBins> found;
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      if (limbs.alpha.at<float>(y, x) < .5f || known.at<float>(y, x) < kLeastKnown) continue;
      const float bin = bin_at(limbs.across.at<float>(y, x));
      found[static_cast<size_t>(std::lround(bin))].push_back(values.at<float>(y, x));
    }
  }
  std::array<float, kBins> profile{};
  std::vector<float> all;
  for (size_t bin = 0; bin < kBins; ++bin) {
    if (found[bin].empty()) continue;
    profile[bin] = MedianOf(found[bin]);
    all.push_back(profile[bin]);
  }
  const float middle = MedianOf(all);
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

cv::Mat Bounded(const cv::Mat& values, double most) {
  return cv::min(cv::max(values, cv::Scalar::all(-most)), cv::Scalar::all(most));
}

/// `values` as they are below zero, and ever more slowly towards `most` above it.
cv::Mat BelowSoftly(const cv::Mat& values, double most) {
  cv::Mat above = cv::max(values, cv::Scalar::all(0)), fallen;
  const cv::Mat below = cv::min(values, cv::Scalar::all(0));
  cv::exp(above / -most, fallen);
  above = most * (cv::Scalar::all(1) - fallen);
  return below + above;
}

/// `colours` of which none is longer than `most`; they keep their hue.
cv::Mat Shortened(const cv::Mat& colours, double most) {
  cv::Mat length;
  cv::transform(colours.mul(colours), length, cv::Matx13f(1, 1, 1));
  cv::sqrt(length, length);
  return Times(colours, 1 / cv::max(length / most, 1.0));
}

/// `values` blurred among themselves where `known` is 1, and continued.
cv::Mat Evenly(const cv::Mat& values, const cv::Mat& known, double sigma) {
  const cv::Mat around = Blurred(known, sigma);
  return PushPull(Over(Blurred(Times(values, known), sigma), around), Ramp(around, .02, .3));
}

/// Logarithms of what the donor's limbs are against their own tone: light and shade from edge to
/// edge and along the limb, knees and veins, hairs and pores. Tattoos, which are much darker than
/// what is around them, stay the donor's.
cv::Mat AsDonorLimb(const SwapInput& input, double scale) {
  constexpr double kFine = .002, kEven = .02, kMostTone = .35, kMostShade = .2, kMostFine = .12;
  constexpr double kBrightest = .16;
  constexpr double kTattoo = -.22, kDark = -.4, kAround = .006;
  const BaredLimbs& limbs = input.limbs;
  cv::Mat colours;
  cv::remap(FloatOf(input.donor.person.picture), colours, limbs.x, limbs.y, cv::INTER_LINEAR,
            cv::BORDER_REPLICATE);
  constexpr double kDarkLimb = 1.6;
  cv::Mat difference = AgainstTone(input.donor, colours, kDarkLimb);
  // How dark or tanned limbs are as a whole is the donor's own.
  difference -= MedianColour(difference, limbs.known.mul(limbs.alpha));
  cv::Mat light;
  cv::transform(difference, light, cv::Matx13f(.3f, .5f, .2f));
  const cv::Mat profile = AcrossLimb(light, limbs.known, limbs);
  cv::Mat known = limbs.known.clone();
  const cv::Mat usual = profile + Evenly(light - profile, known, kEven * scale);
  cv::Mat inked = Blurred(light - usual, kFine * scale) < kTattoo;
  inked |= Blurred(light - profile, kFine * scale) < kDark;
  inked = Dilated(inked, PixelsOf(kAround, scale));
  known.setTo(0, inked);
  if (cv::countNonZero(known > .9) == 0) return Grey(profile);
  const cv::Mat tone = Evenly(difference - Grey(profile), known, kEven * scale);
  const cv::Mat shaded = light - profile - Evenly(light - profile, known, kEven * scale);
  const cv::Mat shade = PushPull(Blurred(shaded, kFine * scale), known);
  cv::Mat fine = Bounded(shaded - Blurred(shaded, kFine * scale), kMostFine);
  fine = TextureFill(fine, Eroded(known, 1));
  cv::Mat sum = Shortened(tone, kMostTone) + Grey(profile + Bounded(shade, kMostShade) + fine);
  // Beside its edge the donor's limb is mixed with the wall. Bright sides keep their shades: what
  // is brighter comes closer and closer to the brightest.
  return BelowSoftly(sum, kBrightest);
}

/// Logarithms of how the old sleeve was lit from edge to edge and along the limb, where it was
/// plain enough to tell it; else round.
cv::Mat AsSleeve(const SwapInput& input, const cv::Mat& picture, double scale) {
  constexpr double kShare = .7, kEven = .015, kMostAlong = .1, kInside = .004;
  constexpr double kDark = 45, kPatterned = .3, kEdge = .3, kMiddle = 1.04;
  const BaredLimbs& limbs = input.limbs;
  cv::Mat round, even;
  cv::pow(cv::abs(limbs.across), 3, round);
  cv::log(kMiddle - kEdge * round, even);
  cv::Mat known = Ramp(MaskOf(input.base.regions, input.labels)(input.box), .8, .95);
  known = Eroded(known, PixelsOf(kInside, scale)).mul(limbs.alpha);
  const cv::Mat sure = known > .9;
  if (cv::countNonZero(sure) == 0) return even;
  const cv::Mat luma = LumaOf(picture(input.box));
  cv::Mat light;
  cv::log(luma + 4, light);
  cv::Scalar mean, spread;
  cv::meanStdDev(light, mean, spread, sure);
  if (cv::mean(luma, sure)[0] < kDark || spread[0] > kPatterned) return even;
  const cv::Mat profile = AcrossLimb(light, known, limbs);
  const cv::Mat along = Evenly(light - profile - mean[0], known, kEven * scale);
  return .5 * even + kShare * (profile + Bounded(along, kMostAlong));
}

/// Bared limbs, as the donor's are against their own tone; where that is not seen, as the old
/// sleeve was lit, with the base's own `texture`.
cv::Mat LimbSkin(const SwapInput& input, const cv::Mat& picture, const cv::Mat& tone,
                 const cv::Mat& texture) {
  const BaredLimbs& limbs = input.limbs;
  const double scale = input.base.person.pixels_per_metre();
  const bool is_seen = input.donor.appearance.has_skin && cv::countNonZero(limbs.known > .5) > 0;
  cv::Mat light;
  cv::exp(is_seen ? AsDonorLimb(input, scale) : Grey(AsSleeve(input, picture, scale)), light);
  const cv::Mat skin = tone.mul(light);
  return is_seen ? skin : cv::Mat(skin.mul(texture));
}

/// Pores and grain as strong as those of the base's visible skin: the logarithm of a factor.
cv::Mat SkinTexture(const SwapInput& input, const cv::Mat& picture) {
  constexpr double kFine = .004, kInside = .005;
  constexpr double kMost = .018, kPlain = 1.3, kPore = .6;
  constexpr uint64_t kSeed = 11;
  const Person& person = input.base.person;
  const double scale = person.pixels_per_metre();
  cv::Mat known = Ramp(input.base.regions.mask(Label::kSkin)(input.box), .8, .95)
                      .mul(Ramp(person.squareness(input.box), .3, .6));
  known = Eroded(known, PixelsOf(kInside, scale));
  cv::Mat luma;
  cv::log(LumaOf(picture(input.box)) + 4, luma);
  cv::Mat fine =
      luma - Over(Blurred(luma.mul(known), kFine * scale), Blurred(known, kFine * scale));
  // Of beards, tattoos and the shades of a face nothing counts.
  const cv::Mat strength = cv::abs(fine);
  const double usual = strength.dot(known) / std::max(1.0, cv::sum(known)[0]);
  const cv::Mat plain = (Blurred(strength, 2) < kPlain * usual) & (known > .9);
  cv::Scalar mean, spread, made_spread;
  cv::meanStdDev(fine, mean, spread, plain);
  // Skin has no grain in any direction.
  cv::Mat noise(fine.size(), CV_32F);
  cv::RNG(kSeed).fill(noise, cv::RNG::NORMAL, 0, 1);
  noise = Blurred(noise, kPore) - Blurred(noise, std::max(2 * kPore, kFine * scale));
  cv::meanStdDev(noise, mean, made_spread);
  return noise * (std::min(kMost, spread[0]) / std::max(1e-6, made_spread[0]));
}

}  // namespace

cv::Mat BareSkin(const SwapInput& input, const SurfaceView& view, const cv::Mat& picture) {
  const DonorSkin donor = DonorSkinOf(input, view);
  const cv::Mat tone =
      RgbOf(cv::Mat(view.size(), CV_32FC3, cv::Scalar(input.base.appearance.skin_lab)));
  const double scale = input.base.person.pixels_per_metre();
  cv::Mat as_donor;
  cv::exp(donor.difference, as_donor);
  cv::Mat texture;
  cv::exp(Grey(SkinTexture(input, picture)), texture);
  const cv::Mat toned = tone.mul(as_donor);
  cv::Mat made = LitAs(toned, donor.known, MadeSkin(input, view), scale).mul(texture);
  made = Mix(made, toned, donor.known);
  if (cv::countNonZero(input.limbs.alpha) > 0) {
    const cv::Mat limb_tone(view.size(), CV_32FC3, LimbTone(input, view, picture));
    made = Mix(made, LimbSkin(input, picture, limb_tone, texture), input.limbs.alpha);
  }
  cv::Mat gain;
  cv::exp(NearbyDifference(input, view, picture, made), gain);
  made = cv::min(cv::max(made.mul(gain), cv::Scalar::all(0)), cv::Scalar::all(255));
  if (input.bodies_unsure <= 0) return made;
  cv::exp(SeamDifference(input, picture, made), gain);
  return cv::min(made.mul(gain), cv::Scalar::all(255));
}

}  // namespace atelier::edit
