#include "edit/garment/seen_garment.h"

#include "edit/garment/hands.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Metres: a body is fitted no better than that, so pixels this near to something else are not
/// taken.
constexpr double kMargin = .004;
/// Metres inside the person's outline, beside which the wall shines through.
constexpr double kOutline = .006;
}  // namespace

SeenGarment LookForGarment(const SwapInput& input, const SurfaceView& view, BodySide side,
                           double samples_per_metre) {
  const Subject& donor = input.donor;
  SeenGarment out;
  out.places = PlacesIn(input.body, view, donor.person, side);
  out.normals = NormalsAt(input.body, view, donor.person, side);
  out.mask = out.places.Sample(MaskOf(donor.regions, input.OnSurface()));

  // Loose hair and hands hang before the garment; on the head and the hand they are the surface.
  std::vector<float> on_head(input.body.attributes().size());
  for (size_t v = 0; v < on_head.size(); ++v) on_head[v] = input.body.attributes()[v].head_weight;
  const cv::Mat hair =
      out.places.Sample(donor.regions.mask(Label::kHair)).mul(1 - view.Interpolate(on_head));
  const cv::Mat hands =
      out.places.Sample(HandsOf(input.body, donor)).mul(1 - view.Interpolate(OnHands(input.body)));
  cv::Mat clear = out.places.seen.mul(1 - Ramp(hair, .2, .6)).mul(1 - Ramp(hands, .2, .6));

  // A donor's top over their bottom says nothing of where the bottom ends.
  if (input.Swaps(Label::kLower) && !input.Swaps(Label::kUpper)) {
    const cv::Mat top = out.places.Sample(donor.regions.mask(Label::kUpper));
    clear = clear.mul(1 - Ramp(top, .2, .6));
  }

  const int outline = PixelsOf(kOutline, donor.person.pixels_per_metre(), 0);
  const cv::Mat inside = out.places.Sample(Eroded(donor.person.mask, outline));
  clear = clear.mul(Ramp(inside, .5, .9));

  const bool same = side == BodySide::kSame;
  const int margin = PixelsOf(same ? kMargin : kMargin / 2, samples_per_metre);
  clear = Eroded(clear, margin).mul(Ramp(out.places.squareness, .25, .6));
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
