#include "edit/garment/underneath.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/garment/bare_skin.h"
#include "edit/garment/base_surface.h"
#include "edit/limb/hands.h"
#include "edit/person/even_around.h"
#include "edit/person/mat_math.h"
#include "edit/person/mirrored_fill.h"
#include "edit/person/nearest_place.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// 1 where the base's picture surely shows its other garments, well inside of them.
cv::Mat SurelyOther(const SwapInput& input, const SurfaceView& view) {
  constexpr double kInside = .014;
  constexpr int kLeastPixels = 30;
  const Subject& base = input.base;
  const double scale = base.person.pixels_per_metre();
  const cv::Mat mask = MaskOf(base.regions, OtherWorn(input.labels));
  cv::Mat sure;
  cv::Mat((mask > .85) & (HandsOf(input.body, base) < .1)).convertTo(sure, CV_32F, 1 / 255.0);
  sure = sure(input.box).mul(view.Covered());
  const cv::Mat inner = Eroded(sure, PixelsOf(kInside, scale));
  return cv::sum(inner)[0] > kLeastPixels ? inner : sure;
}

/// The base's other garments continued over the box: their colours evenly, as lit as the body is,
/// with their fine texture.
cv::Mat ContinueOther(const SwapInput& input, const SurfaceView& view, const cv::Mat& picture) {
  constexpr double kFine = .01, kMostTexture = 12;
  const cv::Mat sure = SurelyOther(input, view);
  const cv::Mat colours = picture(input.box);
  const double sigma = kFine * input.base.person.pixels_per_metre();
  const cv::Mat smooth = Over(Blurred(Times(colours, sure), sigma), Blurred(sure, sigma));
  const cv::Mat texture = cv::min(cv::max(colours - smooth, cv::Scalar::all(-kMostTexture)),
                                  cv::Scalar::all(kMostTexture));

  cv::Mat light;
  const people::Vec3& l = input.base.appearance.light;
  cv::transform(view.Interpolate(input.base.person.normals), light, cv::Matx13f(l.x, l.y, l.z));
  light = cv::min(cv::max(light, -.5), .5);
  cv::Mat lit, unlit;
  cv::exp(light, lit);
  cv::exp(-light, unlit);
  const cv::Mat even = Times(PushPull(Times(smooth, unlit), sure), lit);
  return even + TextureFill(texture, sure);
}

/// Of every vertex: whether another garment covers it, once the old one is gone.
std::vector<float> OtherWornBelow(const SwapInput& input) {
  const std::vector<Label> others = OtherWorn(input.labels);
  const std::vector<float> own = MembershipOf(input.base.regions, others);
  // What the donor wears where the base's old garment was tells what is under it; shoes end where
  // the base's do.
  std::vector<Label> cloth = others;
  std::erase(cloth, Label::kShoes);
  // Tops hang over bottoms: what the base's does not cover it does not cover either.
  if (input.Swaps(Label::kLower)) std::erase(cloth, Label::kUpper);
  constexpr float kShoulders = .6f;
  const std::vector<float> told =
      EvenAround(input.body, MembershipOf(input.donor.regions, cloth), kShoulders);
  std::vector<float> out(own.size());
  for (size_t v = 0; v < out.size(); ++v) {
    out[v] = std::clamp(own[v] + input.old[v] * std::clamp(1.3f * told[v] - .15f, 0.0f, 1.0f), 0.0f,
                        1.0f);
  }
  return out;
}

/// `covered` as it is behind bared limbs: how wide the body is there is not seen, so what is
/// nearest beside the limb, person or wall, goes on.
cv::Mat BehindLimbs(const SwapInput& input, const cv::Mat& covered) {
  if (input.limbs.vertices.empty() || input.bodies_unsure <= 0) return covered;
  constexpr double kIs = .8, kIsNot = .1;
  const SurfaceView front(input.body, input.screen, {input.box, 1});
  const cv::Mat is_limb = (front.Interpolate(input.limbs.vertices) > .5f) |
                          (front.Interpolate(OnHands(input.body)) > .5f);
  const Regions& regions = input.base.regions;
  const cv::Mat mask = input.base.person.mask(input.box);
  const cv::Mat worn = MaskOf(regions, OtherWorn(input.labels))(input.box);
  const cv::Mat is_person = worn > kIs;
  const cv::Mat known = is_person | (mask < kIsNot);
  if (cv::countNonZero(is_limb) == 0 || cv::countNonZero(known) == 0) return covered;
  cv::Mat out = covered.clone();
  cv::Mat person;
  is_person.convertTo(person, CV_32F, 1 / 255.0);
  Blurred(NearestOf(known).Of(person), 1).copyTo(out, is_limb);
  return out;
}

}  // namespace

Underneath LookUnderneath(const SwapInput& input, const cv::Mat& body_covered) {
  const cv::Mat covered = BehindLimbs(input, body_covered);
  const SurfaceView view = BaseSurface(input, {input.box, 1});
  const cv::Mat picture = FloatOf(input.base.person.picture);
  Underneath out;
  // A hand is not erased; where the body has one over the old garment, it is not quite there.
  const cv::Mat hands = Ramp(view.Interpolate(OnHands(input.body)), 0, .2);
  out.other_worn = PushPull(Ramp(view.Interpolate(OtherWornBelow(input)), .4, .6),
                            view.Covered().mul(1 - hands));
  const cv::Mat skin = BareSkin(input, DressedSurface(input, {input.box, 1}), picture);
  const cv::Mat body = Mix(skin, ContinueOther(input, view, picture), out.other_worn);
  // Beside the person there is no body, whatever the fitted one says.
  const cv::Mat person = Ramp(Dilated(input.base.person.mask(input.box), 1), .2, .6);
  out.colour = Mix(input.base.appearance.wall(input.box), body, covered.mul(person));
  out.colour = Mix(out.colour, skin, input.limbs.alpha);
  out.other_worn = out.other_worn.mul(1 - input.limbs.alpha);
  return out;
}

}  // namespace atelier::edit
