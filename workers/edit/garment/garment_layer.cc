#include "edit/garment/garment_layer.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/garment/limb_cut.h"
#include "edit/garment/mirrored_fill.h"
#include "edit/garment/off_body.h"
#include "edit/garment/seen_garment.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// Samples per pixel along each side.
const int kSupersample = (int)Tune("T_SS", 2);

/// Where the garment's mask counts as its edge: as it was seen, and as it is spread on the body.
const double kSeenLow = Tune("T_SL", .3), kSeenHigh = Tune("T_SH", .75), kSpreadLow = Tune("T_PL", .35), kSpreadHigh = Tune("T_PH", .65);

cv::Mat AlphaOf(const SwapInput& input, const SurfaceView& view, const SeenGarment& seen,
                double sample_metres) {
  const std::vector<float> worn =
      input.skirt ? MembershipOf(input.donor.regions, input.OnSurface()) : input.worn;
  const cv::Mat spread = Ramp(view.Interpolate(worn), kSpreadLow, kSpreadHigh);
  cv::Mat alpha = Mix(spread, Ramp(seen.mask, kSeenLow, kSeenHigh), seen.known);
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
  return alpha.mul(view.Covered());
}

/// exp(+-light . normal) of every sample.
cv::Mat LightOn(const people::Vec3& light, const cv::Mat& normals, double sign) {
  const double kMost = Tune("T_LMOST", .7);
  sign *= Tune("T_LIGHT", 1);
  cv::Mat out;
  cv::transform(normals, out, cv::Matx13f(light.x, light.y, light.z) * static_cast<float>(sign));
  out = cv::min(cv::max(out, -kMost), kMost);
  cv::exp(out, out);
  return out;
}

/// The colours of both sides of the donor, without light: the same side where it was seen.
struct Carried {
  cv::Mat colour;
  /// How far a sample's colour is known from the same side, and from either.
  cv::Mat same_side, either;
};

/// What lies beside the body: the donor's mask and colours there.
struct Beside {
  cv::Mat alpha;
  cv::Mat trusted;
  cv::Mat colour;
};

Beside CarryBeside(const SwapInput& input, const SurfaceView& view, const cv::Mat& donor_normals,
                   double samples_per_metre) {
  const OffBody off = LookBesideBody(input, view, samples_per_metre);
  const cv::Mat mask = off.places.Sample(MaskOf(input.donor.regions, input.OnSurface()));
  Beside out;
  out.alpha = Ramp(mask, kSeenLow, kSeenHigh).mul(off.usable);
  out.trusted = Ramp(mask, .55, .9).mul(off.usable);
  const cv::Mat normals = PushPull(donor_normals, view.Covered());
  out.colour = Times(off.places.Sample(FloatOf(input.donor.person.picture)),
                     LightOn(input.donor.appearance.light, normals, -1));
  return out;
}

Carried CarryColours(const SwapInput& input, const SeenGarment& same, const SeenGarment& other) {
  const people::Vec3& light = input.donor.appearance.light;
  const cv::Mat picture = FloatOf(input.donor.person.picture);
  const cv::Mat own = Times(same.places.Sample(picture), LightOn(light, same.normals, -1));
  const cv::Mat mirrored = Times(other.places.Sample(picture), LightOn(light, other.normals, -1));
  Carried out;
  out.same_side = same.trusted;
  cv::Mat inner = Blurred(same.trusted, 1.5);
  inner.setTo(0, same.trusted <= 0);
  const cv::Mat rest = other.trusted.mul(1 - inner);
  out.colour = Over(Times(own, inner) + Times(mirrored, rest), inner + rest);
  out.either = cv::max(same.trusted, other.trusted);
  return out;
}

cv::Mat Shrunk(const cv::Mat& values, const cv::Size& size) {
  cv::Mat out;
  cv::resize(values, out, size, 0, 0, cv::INTER_AREA);
  return out;
}

double MeanEntropyOfEdge(const cv::Mat& mask) {
  double sum = 0;
  int count = 0;
  const cv::Mat core = Eroded(mask, 1), around = Dilated(mask, 1);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (core.at<float>(y, x) > .5f || around.at<float>(y, x) < .5f) continue;
      const double p = std::clamp(static_cast<double>(mask.at<float>(y, x)), 1e-6, 1 - 1e-6);
      sum -= p * std::log2(p) + (1 - p) * std::log2(1 - p);
      ++count;
    }
  }
  return count == 0 ? 0 : sum / count;
}

void Measure(const SwapInput& input, const Carried& carried, const cv::Mat& alpha,
             GarmentMeasures& measures) {
  const double area = std::max(1.0, cv::sum(alpha)[0]);
  measures.unseen = 1 - carried.same_side.dot(alpha) / area;
  measures.guessed = 1 - carried.either.dot(alpha) / area;
  measures.edge_entropy = MeanEntropyOfEdge(MaskOf(input.donor.regions, input.labels));
}

}  // namespace

GarmentLayer CarryGarment(const SwapInput& input, GarmentMeasures& measures) {
  const Window window{input.box, kSupersample};
  const SurfaceView view(input.body, input.screen, window);
  const double samples_per_metre = input.base.person.pixels_per_metre() * kSupersample;
  const SeenGarment same = LookForGarment(input, view, BodySide::kSame, samples_per_metre);
  const SeenGarment other = LookForGarment(input, view, BodySide::kMirrored, samples_per_metre);
  const Beside beside = CarryBeside(input, view, same.normals, samples_per_metre);
  const cv::Mat alpha = cv::max(AlphaOf(input, view, same, 1 / samples_per_metre), beside.alpha);

  Carried carried = CarryColours(input, same, other);
  carried.colour = Mix(carried.colour, beside.colour, beside.trusted);
  carried.same_side = cv::max(carried.same_side, beside.trusted);
  carried.either = cv::max(carried.either, beside.trusted);
  Measure(input, carried, alpha, measures);
  cv::Mat inside;
  cv::Mat(alpha > .3).convertTo(inside, CV_32F, 1 / 255.0);
  const cv::Mat known = carried.either.mul(inside);
  const cv::Mat filled = Tune("T_MIRROR", 0) > 0 ? MirroredFill(carried.colour, known)
                                                 : PushPull(carried.colour, known);
  cv::Mat colour = Mix(filled, carried.colour, carried.either);
  const cv::Mat normals = PushPull(view.Interpolate(input.base.person.normals), view.Covered());
  colour = Times(colour, LightOn(input.base.appearance.light, normals, 1));

  const cv::Size size = input.box.size();
  GarmentLayer layer;
  layer.alpha = Shrunk(alpha, size);
  layer.covered = Shrunk(view.Covered(), size);
  layer.colour = Over(Shrunk(Times(colour, alpha), size), cv::max(layer.alpha, 1e-3));
  return layer;
}

}  // namespace atelier::edit
