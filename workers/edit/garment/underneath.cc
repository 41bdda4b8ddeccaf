#include "edit/garment/underneath.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

cv::Mat Light(const people::Vec3& light, const cv::Mat& normals) {
  cv::Mat out;
  cv::transform(normals, out, cv::Matx13f(light.x, light.y, light.z));
  return out;
}

double MedianOf(const cv::Mat& values, const cv::Mat& where) {
  std::vector<float> list;
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      if (where.at<float>(y, x) > .5f) list.push_back(values.at<float>(y, x));
    }
  }
  if (list.empty()) return 0;
  const auto middle = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
  std::ranges::nth_element(list, middle);
  return static_cast<double>(*middle);
}

/// Skin made of the base's tone and the light on it: CIELAB.
cv::Mat MadeSkin(const SwapInput& input, const SurfaceView& view) {
  const Appearance& look = input.base.appearance;
  const cv::Mat normals = view.Interpolate(input.base.person.normals);
  cv::Mat shade = Light(look.light, normals);
  shade = shade - MedianOf(shade, view.Covered());
  cv::Mat gain;
  cv::exp(.6 * cv::min(cv::max(shade, -.6), .3), gain);
  std::vector<cv::Mat> xyz;
  cv::split(normals, xyz);
  // Skin at the body's edges is darker than the light alone makes it.
  gain = gain.mul(.8 + .2 * cv::min(cv::max(xyz[2], 0.0), 1.0));
  const cv::Mat lightness = cv::min(cv::max(gain * look.skin_lab[0], 2.0), 98.0);
  cv::Mat lab;
  cv::merge(std::vector<cv::Mat>{lightness, cv::Mat(view.size(), CV_32F, look.skin_lab[1]),
                                 cv::Mat(view.size(), CV_32F, look.skin_lab[2])},
            lab);
  return lab;
}

/// Bare skin in the base's tone: the donor's where it shows skin, else made.
cv::Mat SkinOf(const SwapInput& input, const SurfaceView& view) {
  const Subject& donor = input.donor;
  const cv::Mat made = MadeSkin(input, view);
  const Places places = PlacesIn(input.body, view, donor.person);
  const cv::Mat shown = LabOf(places.Sample(FloatOf(donor.person.picture)));
  const cv::Vec3f shift = input.base.appearance.skin_lab - donor.appearance.skin_lab;
  const cv::Mat toned = shown + cv::Scalar(shift[0], shift[1], shift[2]);
  cv::Mat share = places.seen.mul(Ramp(places.Sample(donor.regions.mask(Label::kSkin)), .7, .95))
                      .mul(Ramp(places.squareness, .15, .4));
  share = Blurred(Eroded(share, 1), 1);
  const cv::Mat rgb = RgbOf(Mix(made, toned, share));
  return cv::min(cv::max(rgb, cv::Scalar::all(0)), cv::Scalar::all(255));
}

/// The base's other garments continued over the box.
cv::Mat ContinueOther(const SwapInput& input, const cv::Mat& picture) {
  constexpr double kInside = .012;
  constexpr int kLeastPixels = 30;
  const Person& person = input.base.person;
  const cv::Mat mask = MaskOf(input.base.regions, OtherWorn(input.labels));
  cv::Mat pure;
  cv::Mat(mask > .85).convertTo(pure, CV_32F, 1 / 255.0);
  const cv::Mat inner = Eroded(pure, PixelsOf(kInside, person.pixels_per_metre()));
  if (cv::sum(inner)[0] > kLeastPixels) pure = inner;
  return PushPull(picture(input.box), pure(input.box));
}

/// Of every vertex: whether another garment covers it, once the old one is gone.
std::vector<float> OtherWornBelow(const SwapInput& input) {
  const std::vector<Label> others = OtherWorn(input.labels);
  const std::vector<float> own = MembershipOf(input.base.regions, others);
  const std::vector<float> donors = MembershipOf(input.donor.regions, others);
  std::vector<float> out(own.size());
  for (size_t v = 0; v < out.size(); ++v) {
    // What the donor wears where the base's old garment was tells what is under it.
    const float told = std::clamp(1.3f * donors[v] - .15f, 0.0f, 1.0f);
    out[v] = std::clamp(own[v] + input.old[v] * told, 0.0f, 1.0f);
  }
  return out;
}

}  // namespace

Underneath LookUnderneath(const SwapInput& input, const cv::Mat& covered) {
  const SurfaceView view(input.body, input.screen, {input.box, 1});
  const cv::Mat picture = FloatOf(input.base.person.picture);
  Underneath out;
  out.other_worn = Ramp(view.Interpolate(OtherWornBelow(input)), .4, .6);
  const cv::Mat body =
      Mix(SkinOf(input, view), ContinueOther(input, picture), out.other_worn);
  out.colour = Mix(input.base.appearance.wall(input.box), body, covered);
  return out;
}

}  // namespace atelier::edit
