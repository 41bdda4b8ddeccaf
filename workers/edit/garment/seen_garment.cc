#include "edit/garment/seen_garment.h"

#include "edit/limb/hands.h"
#include "edit/person/even_around.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "edit/warp/smooth_places.h"

namespace atelier::edit {
namespace {

/// Metres: a body is fitted no better than that, so pixels this near to something else are not
/// taken.
constexpr double kMargin = .004;
/// Metres inside the person's outline, beside which the wall shines through.
constexpr double kOutline = .006;

/// 1 for vertices that the stretched cloth does not reach.
std::vector<float> BelowEnd(const people::Body& body, const Hem& hem) {
  std::vector<float> below(body.attributes().size(), 0);
  for (size_t v = 0; v < below.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    if (OnTrunk(a)) below[v] = Ramp(a.at.y, hem.End() + .01f, hem.End() - .01f);
  }
  return below;
}

}  // namespace

SeenGarment LookForGarment(const SwapInput& input, const SurfaceView& view, BodySide side,
                           double samples_per_metre) {
  const Subject& donor = input.donor;
  SeenGarment out;
  const bool same = side == BodySide::kSame;
  out.places = same ? SmoothPlacesIn(input.body, view, donor.person, samples_per_metre,
                                     input.Swaps(Label::kUpper) && !input.Swaps(Label::kLower),
                                     input.hem ? &*input.hem : nullptr)
                    : PlacesIn(input.body, view, donor.person, side);
  out.normals = NormalsAt(input.body, view, donor.person, side);
  if (same) out.normals = PushPull(out.normals, view.Covered());
  out.mask = out.places.Sample(MaskOf(donor.regions, input.OnSurface()));

  // Loose hair and hands hang before the garment; on the head and the hand they are the surface.
  std::vector<float> on_head(input.body.attributes().size());
  for (size_t v = 0; v < on_head.size(); ++v) on_head[v] = input.body.attributes()[v].head_weight;
  const cv::Mat hair =
      out.places.Sample(donor.regions.mask(Label::kHair)).mul(1 - view.Interpolate(on_head));
  const cv::Mat hands =
      out.places.Sample(HandsOf(input.body, donor)).mul(1 - view.Interpolate(OnHands(input.body)));
  cv::Mat clear = out.places.seen.mul(1 - Ramp(hair, .2, .6)).mul(1 - Ramp(hands, .2, .6));

  if (input.hem) clear = clear.mul(1 - view.Interpolate(BelowEnd(input.body, *input.hem)));

  // A donor's top over their bottom says nothing of where the bottom ends.
  if (input.Swaps(Label::kLower) && !input.Swaps(Label::kUpper)) {
    const cv::Mat top = out.places.Sample(donor.regions.mask(Label::kUpper));
    clear = clear.mul(1 - Ramp(top, .2, .6));
  }

  const int outline = PixelsOf(kOutline, donor.person.pixels_per_metre(), 0);
  const cv::Mat inside = out.places.Sample(Eroded(donor.person.mask, outline));
  clear = clear.mul(Ramp(inside, .5, .9));

  const int margin = PixelsOf(same ? kMargin : kMargin / 2, samples_per_metre);
  clear = Eroded(clear, margin);
  if (!same) clear = clear.mul(Ramp(out.places.squareness, .25, .6));
  out.known = Blurred(clear, margin);
  // Colours are taken from inside the garment: at its edge they are mixed with what is beside it.
  const int edge = PixelsOf(kMargin, donor.person.pixels_per_metre(), 0);
  const cv::Mat sure =
      Ramp(out.places.Sample(Eroded(MaskOf(donor.regions, input.OnSurface()), edge)), .55, .9);
  if (same) {
    out.trusted = out.known.mul(sure);
    out.trusted.setTo(0, clear <= 0);
  } else {
    out.trusted = clear.mul(sure);
  }
  return out;
}

}  // namespace atelier::edit
