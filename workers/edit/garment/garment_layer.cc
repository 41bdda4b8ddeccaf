#include "edit/garment/garment_layer.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/garment/base_surface.h"
#include "edit/garment/seen_garment.h"
#include "edit/garment/worn_shape.h"
#include "edit/limb/hands.h"
#include "edit/limb/limb_cut.h"
#include "edit/person/even_around.h"
#include "edit/person/mat_math.h"
#include "edit/person/mirrored_fill.h"
#include "edit/person/nearest_place.h"
#include "edit/person/push_pull.h"
#include "edit/warp/segments.h"
#include "edit/warp/smoothed.h"

namespace atelier::edit {
namespace {

/// Samples per pixel along each side: a small picture shows a garment's edge as stairs otherwise.
int SamplesOf(const Person& person) {
  constexpr double kLarge = 320;  // pixels per metre
  return person.pixels_per_metre() < kLarge ? 2 : 1;
}

/// Where the garment's mask counts as its edge: as it was seen, and as it is spread on the body.
constexpr double kSeenLow = .3, kSeenHigh = .75, kSpreadLow = .35, kSpreadHigh = .65;

constexpr int kSmoothingRounds = 3;

/// Small holes are closed where the spread mask says that the garment is.
cv::Mat WithoutHoles(const cv::Mat& alpha, const cv::Mat& worn, double sample_metres) {
  constexpr double kHole = .02;
  const int r = PixelsOf(kHole, 1 / sample_metres);
  const cv::Mat closed = Eroded(Dilated(alpha, r), r);
  return cv::max(alpha, cv::min(closed, Ramp(worn, .6, .9)));
}

/// A garment ends within a pixel or two, however unsure where.
cv::Mat Crisp(const cv::Mat& alpha) { return Ramp(Blurred(alpha, 1.5), .35, .65); }

cv::Mat AlphaOf(const SwapInput& input, const SurfaceView& view, const SeenGarment& seen,
                double sample_metres) {
  std::vector<float> worn =
      input.skirt ? MembershipOf(input.donor.regions, input.OnSurface()) : input.worn;
  // Above the waist, necks and straps end where they like.
  constexpr float kWaist = .25f;
  if (input.Swaps(Label::kUpper) && !input.Swaps(Label::kLower)) {
    worn = EvenAround(input.body, worn, kWaist);
  }
  // The body has few vertices: a border between them is a zigzag.
  worn = Smoothed(input.body, std::move(worn), kSmoothingRounds);
  const cv::Mat spread = Ramp(view.Interpolate(worn), kSpreadLow, kSpreadHigh);
  cv::Mat alpha = Mix(spread.mul(view.Covered()), Ramp(seen.mask, kSeenLow, kSeenHigh), seen.known);
  if (input.fills_body) alpha = cv::max(alpha, spread.mul(view.Covered()));
  const Regions& donor = input.donor.regions;
  if (input.Swaps(Label::kUpper)) {
    const auto cuts = LimbCutsOf(input.body, donor.membership_of(Label::kUpper), Limb::kArm);
    alpha = CutAtLimbs(input.body, view, cuts, seen.known, sample_metres, alpha);
  }
  // With shoes on, the legs' garment is not the last one on the leg.
  if (input.Swaps(Label::kLower) && !input.Swaps(Label::kShoes) && !input.skirt) {
    const auto cuts = LimbCutsOf(input.body, donor.membership_of(Label::kLower), Limb::kLeg);
    alpha = CutAtLimbs(input.body, view, cuts, seen.known, sample_metres, alpha);
  }
  return Crisp(WithoutHoles(alpha, view.Interpolate(worn), sample_metres));
}

/// exp(+-light . normal) of every sample; normals of fitted bodies say less than those of known
/// ones.
cv::Mat LightOn(const people::Vec3& light, const cv::Mat& normals, double sign,
                float bodies_unsure) {
  constexpr double kMostKnown = .7, kMostFitted = .25;
  const double most = bodies_unsure > 0 ? kMostFitted : kMostKnown;
  cv::Mat out;
  cv::transform(normals, out, cv::Matx13f(light.x, light.y, light.z) * static_cast<float>(sign));
  out = cv::min(cv::max(out, -most), most);
  cv::exp(out, out);
  return out;
}

/// The mean of light . normal where `weight` is: what all of a garment is brightened by. Most of it
/// faces the camera, so in a picture it cannot be told from the cloth's own brightness.
double MeanLight(const people::Vec3& light, const cv::Mat& normals, const cv::Mat& weight) {
  cv::Mat brightness;
  cv::transform(normals, brightness, cv::Matx13f(light.x, light.y, light.z));
  return brightness.dot(weight) / std::max(1.0, cv::sum(weight)[0]);
}

/// The colours of both sides of the donor, without light: the same side where it was seen.
struct Carried {
  cv::Mat colour;
  /// How far a sample's colour is known from the same side, and from either.
  cv::Mat same_side, either;
};

/// The garment reaches over the base's skin that is beside the body but not beside its own edge: an
/// arm that is thicker than its body is not seen outside of a sleeve.
cv::Mat OverSkin(const SwapInput& input, const SurfaceView& view, double samples_per_metre,
                 const cv::Mat& alpha) {
  constexpr double kReach = .03;
  const cv::Mat covered = view.Covered();
  if (cv::countNonZero(covered) == 0) return alpha;
  const cv::Mat skin = input.skin.mul(1 - HandsInFront(input.body, input.base, false));
  cv::Mat here;
  cv::resize(Ramp(skin(input.box), .2, .6), here, alpha.size(), 0, 0, cv::INTER_LINEAR);
  const NearestPlace nearest = NearestOf(covered > .5);
  here.setTo(0, nearest.distance > kReach * samples_per_metre);
  return cv::max(alpha, nearest.Of(alpha).mul(here).mul(1 - covered));
}

/// Where the base wears something already, the outline of what replaces it is the person's.
cv::Mat WithinOutline(const SwapInput& input, const SurfaceView& view, double samples_per_metre,
                      const cv::Mat& alpha) {
  constexpr double kBeyond = .004;
  const cv::Mat covered = view.Covered();
  if (cv::countNonZero(covered) == 0) return alpha;
  cv::Mat person;
  cv::resize(input.base.person.mask(input.box), person, alpha.size(), 0, 0, cv::INTER_LINEAR);
  person = Dilated(person, PixelsOf(kBeyond, samples_per_metre, 0));
  const cv::Mat dressed = NearestOf(covered > .5).Of(view.Interpolate(input.old));
  return cv::min(alpha, cv::max(person, Ramp(dressed, .8, .3)));
}

/// `mirrored` (colours of the other side of the body) as light as `own` where both are known, and
/// as beside there elsewhere.
cv::Mat ToneMatched(const cv::Mat& mirrored, const cv::Mat& own, const cv::Mat& both,
                    double samples_per_metre) {
  constexpr double kEven = .02, kMost = 30, kLeastPixels = 40;
  if (cv::sum(both)[0] < kLeastPixels) return mirrored;
  const double sigma = kEven * samples_per_metre;
  const cv::Mat around = Blurred(both, sigma);
  const cv::Mat even = Over(Blurred(Times(own - mirrored, both), sigma), around);
  cv::Mat off = PushPull(even, Ramp(around, .02, .3));
  off = cv::min(cv::max(off, cv::Scalar::all(-kMost)), cv::Scalar::all(kMost));
  return mirrored + off;
}

/// 0 beside what is known, 1 away from it: a narrow gap is better continued from around it than
/// filled from the other side of the body, whose folds are others.
cv::Mat FarFrom(const cv::Mat& known, double samples_per_metre) {
  constexpr double kNear = .015, kFar = .03;
  cv::Mat distance;
  if (cv::countNonZero(known > .5) == 0) return cv::Mat::ones(known.size(), CV_32F);
  cv::distanceTransform(known <= .5, distance, cv::DIST_L2, cv::DIST_MASK_5);
  return Ramp(distance, kNear * samples_per_metre, kFar * samples_per_metre);
}

Carried CarryColours(const SwapInput& input, const SeenGarment& same, const SeenGarment& other,
                     double samples_per_metre) {
  const people::Vec3& light = input.donor.appearance.light;
  const cv::Mat picture = FloatOf(input.donor.person.picture);
  const cv::Mat own =
      Times(same.places.Sample(picture), LightOn(light, same.normals, -1, input.bodies_unsure));
  cv::Mat mirrored =
      Times(other.places.Sample(picture), LightOn(light, other.normals, -1, input.bodies_unsure));
  Carried out;
  out.same_side = same.trusted;
  if (input.bodies_unsure > 0) {
    mirrored = ToneMatched(mirrored, own, same.trusted.mul(other.trusted), samples_per_metre);
  }
  cv::Mat inner = Blurred(same.trusted, 1.5);
  inner.setTo(0, same.trusted <= 0);
  cv::Mat other_side = other.trusted;
  if (input.bodies_unsure > 0) {
    other_side = other_side.mul(FarFrom(same.trusted, samples_per_metre));
  }
  const cv::Mat rest = other_side.mul(1 - inner);
  out.colour = Over(Times(own, inner) + Times(mirrored, rest), inner + rest);
  out.either = cv::max(same.trusted, other_side);
  return out;
}

/// What is carried, read at `places` (for cv::remap). What is not known has no colour, which must
/// not be mixed in.
void Move(const cv::Mat& places, Carried& carried) {
  carried.colour = Times(carried.colour, carried.either);
  for (cv::Mat* values : {&carried.colour, &carried.same_side, &carried.either}) {
    cv::Mat moved;
    cv::remap(*values, moved, places, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    *values = moved;
  }
  carried.colour = Over(carried.colour, carried.either);
}

/// Beside what the donor hides, less is known than it seems: a hand's shadow, the wall beside its
/// fingers. Of plain cloth, what differs there from the cloth around it is not taken.
void ForgetBesideHidden(const cv::Mat& inside, double samples_per_metre, Carried& carried) {
  constexpr double kBeside = .025, kAround = .03, kLeastOff = 10, kOfSpread = 2;
  constexpr double kPlain = 16, kSliver = .008;
  cv::Mat hidden, squares;
  cv::Mat((carried.either < .5) & (inside > .5)).convertTo(hidden, CV_32F, 1 / 255.0);
  const int sliver = PixelsOf(kSliver, samples_per_metre);
  hidden = Dilated(Eroded(hidden, sliver), sliver);
  const cv::Mat beside = Dilated(hidden, PixelsOf(kBeside, samples_per_metre));
  const cv::Mat sure = carried.either.mul(1 - beside).mul(inside);
  if (cv::countNonZero(sure > .9) == 0) return;
  const double sigma = kAround * samples_per_metre;
  const cv::Mat around = Blurred(sure, sigma);
  const cv::Mat even =
      PushPull(Over(Blurred(Times(carried.colour, sure), sigma), around), Ramp(around, .02, .3));
  const cv::Mat off = carried.colour - even;
  cv::transform(off.mul(off), squares, cv::Matx13f(1, 1, 1));
  const double spread = std::sqrt(cv::mean(squares, sure > .9)[0]);
  if (spread > kPlain) return;
  const double most = std::max(kLeastOff, kOfSpread * spread);
  cv::Mat other;
  cv::Mat((squares > most * most) & (beside > .5)).convertTo(other, CV_32F, 1 / 255.0);
  other = Dilated(other, PixelsOf(kBeside / 8, samples_per_metre));
  carried.either = carried.either.mul(1 - other);
  carried.same_side = carried.same_side.mul(1 - other);
}

/// A sample's values spread over pixels of the same size are softened as a smaller one's would be.
cv::Mat Shrunk(const cv::Mat& values, const cv::Size& size) {
  constexpr double kSoft = .6;
  if (values.size() == size) return Blurred(values, kSoft);
  cv::Mat out;
  cv::resize(values, out, size, 0, 0, cv::INTER_AREA);
  return out;
}

void Measure(const SwapInput& input, const Carried& carried, const cv::Mat& alpha,
             GarmentMeasures& measures) {
  const double area = std::max(1.0, cv::sum(alpha)[0]);
  measures.unseen = 1 - carried.same_side.dot(alpha) / area;
  measures.guessed = 1 - carried.either.dot(alpha) / area;
  for (const Label label : input.labels) {
    measures.edge_entropy =
        std::max(measures.edge_entropy, input.donor.regions.border_entropy[IndexOf(label)]);
  }
}

/// Levels up to which fine differences are the cloth's grain, denim's more than jersey's.
double MostTexture(const cv::Mat& fine, const cv::Mat& known) {
  constexpr double kLeast = 2.5, kMost = 8, kOfSpread = 1.5;
  cv::Mat luma = LumaOf(fine);
  cv::Scalar mean, spread;
  cv::meanStdDev(luma, mean, spread, known > .9);
  // Seams and prints are few and strong.
  cv::meanStdDev(luma, mean, spread, (known > .9) & (cv::abs(luma) < 2 * spread[0]));
  return std::clamp(kOfSpread * spread[0], kLeast, kMost);
}

/// The cloth's colours evenly, with its fine texture; what is near goes on as it ends. `sleeves`:
/// float, 0..1; they may be of another colour than the trunk, and each is continued by itself.
cv::Mat ContinuedCloth(const cv::Mat& colours, const cv::Mat& known, const cv::Mat& sleeves,
                       double samples_per_metre) {
  constexpr double kFine = .004, kEven = .02, kNear = .004, kFar = .02;
  constexpr double kSure = .9;
  const double sigma = kFine * samples_per_metre;
  const cv::Mat smooth = Over(Blurred(Times(colours, known), sigma), Blurred(known, sigma));
  const double most = MostTexture(colours - smooth, known);
  const cv::Mat texture =
      cv::min(cv::max(colours - smooth, cv::Scalar::all(-most)), cv::Scalar::all(most));
  const auto evenly = [&](const cv::Mat& of) {
    const cv::Mat around = Blurred(of, kEven * samples_per_metre);
    return PushPull(Over(Blurred(Times(colours, of), kEven * samples_per_metre), around),
                    Ramp(around, .02, .3));
  };
  const cv::Mat known_sleeves = known.mul(sleeves), known_trunk = known - known_sleeves;
  cv::Mat even = evenly(cv::countNonZero(known_trunk > kSure) > 0 ? known_trunk : known);
  if (cv::countNonZero(known_sleeves > kSure) > 0) {
    even = Mix(even, evenly(known_sleeves), sleeves);
  }
  if (cv::countNonZero(known > kSure) > 0) {
    const NearestPlace nearest = NearestOf(known > kSure);
    std::vector<cv::Mat> channels;
    cv::split(colours, channels);
    for (cv::Mat& channel : channels) channel = nearest.Of(channel);
    cv::Mat ends;
    cv::merge(channels, ends);
    even = Mix(even, Blurred(ends, kFine / 2 * samples_per_metre),
               Ramp(nearest.distance, kFar * samples_per_metre, kNear * samples_per_metre));
  }
  // Prints are not repeated.
  cv::Mat plain, grain;
  cv::transform(colours - smooth, plain, cv::Matx13f(1 / 3.0f, 1 / 3.0f, 1 / 3.0f));
  cv::Mat(cv::abs(plain) < most).convertTo(grain, CV_32F, 1 / 255.0);
  return even + TextureFill(texture, Eroded(grain, 1).mul(known));
}

/// Float, 0..1: where the arms are, or are nearest.
cv::Mat SleevesOf(const people::Body& body, const SurfaceView& view) {
  const SegmentShares segments = Continued(SegmentsOf(body, view), view.Covered());
  cv::Mat arms = segments[1] + segments[2] + segments[3] + segments[4];
  return Ramp(arms, .4, .6);
}

/// How far a carried colour counts: what is continued begins gently, but for slivers.
cv::Mat EndingGently(const cv::Mat& known, const cv::Mat& inside, double samples_per_metre) {
  constexpr double kSliver = .015, kOver = .015;
  cv::Mat unknown, distance;
  cv::Mat((known < .5) & (inside > .5)).convertTo(unknown, CV_32F, 1 / 255.0);
  const int sliver = PixelsOf(kSliver, samples_per_metre);
  unknown = Dilated(Eroded(unknown, sliver), sliver);
  if (cv::countNonZero(unknown > .5) == 0) return known;
  cv::distanceTransform(unknown < .5, distance, cv::DIST_L2, cv::DIST_MASK_5);
  return cv::min(known, Ramp(distance, 0, kOver * samples_per_metre));
}

}  // namespace

GarmentLayer CarryGarment(const SwapInput& input, GarmentMeasures& measures) {
  const int scale = SamplesOf(input.base.person);
  const Window window{input.box, scale};
  const SurfaceView view = BaseSurface(input, window);
  const double samples_per_metre = input.base.person.pixels_per_metre() * scale;
  const SeenGarment same = LookForGarment(input, view, BodySide::kSame, samples_per_metre);
  const SeenGarment other = LookForGarment(input, view, BodySide::kMirrored, samples_per_metre);
  const cv::Mat own = AlphaOf(input, view, same, 1 / samples_per_metre);
  cv::Mat alpha = OverSkin(input, view, samples_per_metre, own);
  alpha = WithinOutline(input, view, samples_per_metre, alpha);
  alpha = ShapeOnBase(input, view, samples_per_metre, alpha);

  Carried carried = CarryColours(input, same, other, samples_per_metre);
  if (input.bodies_unsure > 0) Move(MovedToShape(own, alpha, samples_per_metre), carried);
  Measure(input, carried, alpha, measures);
  cv::Mat inside;
  cv::Mat(alpha > .3).convertTo(inside, CV_32F, 1 / 255.0);
  if (input.bodies_unsure > 0) ForgetBesideHidden(inside, samples_per_metre, carried);
  const cv::Mat filled = ContinuedCloth(carried.colour, carried.either.mul(inside),
                                        SleevesOf(input.body, view), samples_per_metre);
  cv::Mat colour =
      Mix(filled, carried.colour, EndingGently(carried.either, inside, samples_per_metre));
  const cv::Mat normals = PushPull(view.Interpolate(input.base.person.normals), view.Covered());
  colour = Times(colour, LightOn(input.base.appearance.light, normals, 1, input.bodies_unsure));
  if (input.bodies_unsure > 0) {
    constexpr double kMostBrighter = .15;
    const double brighter =
        MeanLight(input.base.appearance.light, normals, carried.same_side) -
        MeanLight(input.donor.appearance.light, same.normals, carried.same_side);
    colour *= std::exp(std::clamp(brighter, -kMostBrighter, kMostBrighter) - brighter);
  }

  const cv::Size size = input.box.size();
  GarmentLayer layer;
  layer.alpha = Shrunk(alpha, size);
  layer.known = Shrunk(carried.either, size);
  layer.covered = Shrunk(view.Covered(), size);
  layer.colour =
      scale == 1 ? colour : Over(Shrunk(Times(colour, alpha), size), cv::max(layer.alpha, 1e-3));
  return layer;
}

}  // namespace atelier::edit
