#include "edit/garment/worn_shape.h"

#include <array>
#include <opencv2/imgproc.hpp>

#include "edit/cut/hem_line.h"
#include "edit/cut/old_edge.h"
#include "edit/garment/skirt.h"
#include "edit/limb/hands.h"
#include "edit/limb/limb.h"
#include "edit/person/even_around.h"
#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"

namespace atelier::edit {
namespace {

/// Canonical height, metres, below which a top's sides are the trunk's.
constexpr double kArmpit = .33;

/// What of the body is at a sample, or nearest to it.
struct BodyGrid {
  cv::Mat height, across;                // canonical, metres
  cv::Mat trunk;                         // 0..1
  std::array<cv::Mat, 2> arm, leg;       // 0..1, of each side
  cv::Mat along_arm, along_leg;          // the limbs' parameter
  cv::Mat distance;                      // samples from the body
  cv::Mat trunk_height, trunk_distance;  // of the trunk's nearest place
};

/// `arms`: whether they count; a hand that hangs before the hips says nothing of trousers.
BodyGrid GridOf(const people::Body& body, const SurfaceView& view, bool arms) {
  cv::Mat counts = view.Covered() > .5;
  if (!arms) {
    std::vector<float> on_arm;
    on_arm.reserve(body.attributes().size());
    for (const people::Attributes& a : body.attributes()) on_arm.push_back(a.arm_weight);
    const cv::Mat without = counts & (view.Interpolate(on_arm) < .5);
    if (cv::countNonZero(without) > 0) counts = without;
  }
  const NearestPlace nearest = NearestOf(counts);
  const auto of = [&](const auto& value) {
    std::vector<float> values;
    values.reserve(body.attributes().size());
    for (const people::Attributes& a : body.attributes()) values.push_back(value(a));
    return nearest.Of(view.Interpolate(values));
  };
  using people::Attributes;
  BodyGrid grid;
  grid.height = of([](const Attributes& a) { return a.at.y; });
  grid.across = of([](const Attributes& a) { return a.at.x; });
  grid.trunk = of([](const Attributes& a) { return OnTrunk(a) ? 1.0f : 0.0f; });
  for (const int side : {people::kLeft, people::kRight}) {
    const auto s = static_cast<size_t>(side);
    grid.arm[s] = of([&](const Attributes& a) { return IsOn(a, Limb::kArm, side) ? 1.0f : 0.0f; });
    grid.leg[s] = of([&](const Attributes& a) { return IsOn(a, Limb::kLeg, side) ? 1.0f : 0.0f; });
  }
  grid.along_arm = of([](const Attributes& a) { return a.arm; });
  grid.along_leg = of([](const Attributes& a) { return a.leg; });
  grid.distance = nearest.distance;
  const cv::Mat is_trunk = (grid.trunk > .5) & (view.Covered() > .5);
  if (cv::countNonZero(is_trunk) == 0) {
    grid.trunk_height = grid.height;
    grid.trunk_distance = grid.distance;
  } else {
    const NearestPlace trunk = NearestOf(is_trunk);
    grid.trunk_height = trunk.Of(grid.height);
    grid.trunk_distance = trunk.distance;
  }
  return grid;
}

cv::Mat FloatOfBytes(const cv::Mat& bytes) {
  cv::Mat out;
  bytes.convertTo(out, CV_32F, 1 / 255.0);
  return out;
}

/// Samples to the border of what is above a half, positive inside.
cv::Mat SignedDistance(const cv::Mat& mask) {
  cv::Mat inside, outside;
  cv::distanceTransform(mask > .5, inside, cv::DIST_L2, cv::DIST_MASK_5);
  cv::distanceTransform(mask <= .5, outside, cv::DIST_L2, cv::DIST_MASK_5);
  return inside - outside;
}

cv::Mat OnView(const SwapInput& input, const cv::Mat& mask, const cv::Size& size) {
  cv::Mat out;
  cv::resize(mask(input.box), out, size, 0, 0, cv::INTER_LINEAR);
  return out;
}

/// Bytes: rows of the trunk, by canonical height, whose middle the garment covers.
cv::Mat CoveredRows(const BodyGrid& grid, const cv::Mat& alpha) {
  constexpr float kLowest = -.4f, kBin = .01f, kMiddle = .06f, kMost = .5f;
  constexpr size_t kBins = 120;
  std::array<float, kBins> sum{}, count{};
  const auto bin_of = [&](float height) {
    return static_cast<size_t>(
        std::clamp((height - kLowest) / kBin, 0.0f, static_cast<float>(kBins - 1)));
  };
  for (int y = 0; y < alpha.rows; ++y) {
    for (int x = 0; x < alpha.cols; ++x) {
      const bool in_middle = grid.trunk.at<float>(y, x) > .5f &&
                             grid.distance.at<float>(y, x) <= 0 &&
                             std::fabs(grid.across.at<float>(y, x)) < kMiddle;
      if (!in_middle) continue;
      const size_t bin = bin_of(grid.height.at<float>(y, x));
      sum[bin] += alpha.at<float>(y, x);
      ++count[bin];
    }
  }
  cv::Mat rows(alpha.size(), CV_8U, cv::Scalar(0));
  for (int y = 0; y < alpha.rows; ++y) {
    for (int x = 0; x < alpha.cols; ++x) {
      const size_t bin = bin_of(grid.trunk_height.at<float>(y, x));
      if (count[bin] > 0 && sum[bin] > kMost * count[bin]) rows.at<uint8_t>(y, x) = 255;
    }
  }
  return rows;
}

/// `shape` (bytes) drawn out sideways over what is worn below (bytes), down to just above its hem:
/// a top that hangs over trousers hides them from side to side.
void OverBottom(const cv::Mat& below, double samples_per_metre, cv::Mat& shape) {
  constexpr double kReach = .1, kHem = .012, kInside = .004;
  const int reach = PixelsOf(kReach, samples_per_metre), hem = PixelsOf(kHem, samples_per_metre);
  const int inside = PixelsOf(kInside, samples_per_metre);
  const cv::Mat before = shape.clone();
  for (int y = 0; y + hem < shape.rows; ++y) {
    for (int x = 1; x + 1 < shape.cols; ++x) {
      if (before.at<uint8_t>(y, x) == 0) continue;
      for (const int step : {-1, 1}) {
        const int back = x - step * inside;
        if (before.at<uint8_t>(y, x + step) != 0 || back < 0 || back >= shape.cols) continue;
        if (before.at<uint8_t>(y + hem, back) == 0) continue;
        for (int k = 1; k <= reach; ++k) {
          const int at = x + k * step;
          if (at < 0 || at >= shape.cols || below.at<uint8_t>(y, at) == 0) break;
          shape.at<uint8_t>(y, at) = 255;
        }
      }
    }
  }
}

/// Where a garment ends along a limb; less than 0 where nothing is known.
double EndOf(const Regions& regions, Label cloth, int side) {
  for (const LimbEnd& end : regions.limb_ends) {
    if (end.cloth == cloth && end.side == side) return end.at;
  }
  return -1;
}

/// What the outline is drawn from: an old shape, and how far it counts, 0..1.
struct OldShape {
  cv::Mat mask, weight;
};

/// Bytes: what of a top (`old`) is beside an arm but below its sleeve: it is the trunk's.
cv::Mat BesideSleeves(const SwapInput& input, const BodyGrid& grid, const cv::Mat& old) {
  constexpr double kBelowSleeve = .2;
  cv::Mat out(old.size(), CV_8U, cv::Scalar(0));
  for (const int side : {people::kLeft, people::kRight}) {
    const double end = EndOf(input.base.regions, Label::kUpper, side);
    if (end < 0) continue;
    out |= (grid.arm[static_cast<size_t>(side)] > .5) & (grid.along_arm > end + kBelowSleeve);
  }
  return out & (old > .5);
}

/// Of a top: the trunk below the armpits, and sleeves as long as the old ones.
OldShape OldTop(const SwapInput& input, const BodyGrid& grid, const cv::Mat& alpha,
                double samples_per_metre) {
  constexpr double kAside = .12, kBeyond = .15;
  const cv::Size size = alpha.size();
  cv::Mat old = OnView(input, MaskOf(input.base.regions, input.labels), size);
  // Trousers are the trunk's, however near a hand hangs.
  const cv::Mat below = OnView(input, input.base.regions.mask(Label::kLower), size);
  const cv::Mat near = (grid.trunk_height < kArmpit) & CoveredRows(grid, alpha) &
                       (grid.trunk_distance < kAside * samples_per_metre);
  const cv::Mat sides = near & ((grid.trunk > .5) | (below > .5) | BesideSleeves(input, grid, old));
  OldShape out{cv::max(alpha, old), FloatOfBytes(sides)};
  // A belly that was bare is covered as far as the bodies say.
  const cv::Mat skin = OnView(input, input.skin, size);
  const cv::Mat worn = cv::max(old, below), bare = cv::min(alpha, skin);
  cv::Mat(cv::max(worn, bare)).copyTo(out.mask, sides);
  for (const int side : {people::kLeft, people::kRight}) {
    const double was = EndOf(input.base.regions, Label::kUpper, side);
    const double is = EndOf(input.donor.regions, Label::kUpper, side);
    const bool same =
        was > kLeastSleeve && is > kLeastSleeve && std::fabs(was - is) < SameEndOf(Label::kUpper);
    if (!same) continue;
    const cv::Mat sleeve = (grid.arm[static_cast<size_t>(side)] > .5) &
                           (grid.along_arm < std::max(was, is) + kBeyond) & ~sides;
    out.weight = cv::max(out.weight, FloatOfBytes(sleeve));
    old.copyTo(out.mask, sleeve);
  }
  return out;
}

/// Of what is worn on legs: the hips, and what of longer legs is above where the old ones end.
OldShape OldBottom(const SwapInput& input, const BodyGrid& grid, const cv::Mat& alpha) {
  constexpr float kStart = .1f, kEnd = .9f, kThigh = .35f, kKnee = .8f;
  OldShape out{OnView(input, MaskOf(input.base.regions, input.labels), alpha.size()),
               FloatOfBytes(grid.trunk > .5)};
  for (const int side : {people::kLeft, people::kRight}) {
    const double was = EndOf(input.base.regions, Label::kLower, side);
    const double is = EndOf(input.donor.regions, Label::kLower, side);
    if (was < 0 || is < 0) continue;
    const cv::Mat& leg = grid.leg[static_cast<size_t>(side)];
    if (is < was - SameEndOf(Label::kLower)) continue;
    // Of one length, they are as wide as they are below the thighs.
    const bool longer = is - was > SameEndOf(Label::kLower);
    const cv::Mat weight = longer ? Ramp(grid.along_leg, kEnd * was, kStart * was)
                                  : Ramp(grid.along_leg, kKnee, kThigh);
    out.weight = cv::max(out.weight, leg.mul(weight));
  }
  return out;
}

/// Bytes: where collars are.
cv::Mat NeckOf(const BodyGrid& grid) {
  constexpr double kCollar = .43, kHalfWidth = .11;
  return (grid.height > kCollar) & (cv::abs(grid.across) < kHalfWidth);
}

HemPlaces HemPlacesOf(const SwapInput& input, const SurfaceView& view, const BodyGrid& grid) {
  const cv::Size size = view.size();
  HemPlaces places;
  places.zone =
      (grid.height < kArmpit) & ((grid.trunk > .5) | (grid.leg[0] > .5) | (grid.leg[1] > .5));
  places.person = (OnView(input, input.base.person.mask, size) > .5) | (view.Covered() > .5);
  const cv::Mat hands = HandsInFront(input.body, input.base, false);
  const cv::Mat& hair = input.base.regions.mask(Label::kHair);
  places.hidden = OnView(input, cv::max(hands, hair), size) > .3;
  return places;
}

}  // namespace

float BodiesUnsure(const people::Body& body, const Person& base, const Person& donor) {
  /// Metres (OutlineMisfit) to which a body counts as known, and from which on as fitted.
  constexpr float kSureMisfit = .0002f, kUnsureMisfit = .0006f;
  const double misfit = std::max(OutlineMisfit(body, base), OutlineMisfit(body, donor));
  return Ramp(static_cast<float>(misfit), kSureMisfit, kUnsureMisfit);
}

cv::Mat ShapeOnBase(const SwapInput& input, const SurfaceView& view, double samples_per_metre,
                    const cv::Mat& alpha) {
  constexpr double kReach = .022, kSliver = .008, kOverTo = .012, kSoft = .005;
  constexpr double kNeckline = .007;
  const auto unsure = static_cast<double>(input.bodies_unsure);
  if (unsure <= 0 || cv::countNonZero(view.Covered()) == 0) return alpha;
  const cv::Mat old = OnView(input, MaskOf(input.base.regions, input.labels), alpha.size());
  cv::Mat near =
      WithOldEdge(alpha, old, view.Covered(), PixelsOf(unsure * kReach, samples_per_metre),
                  PixelsOf(unsure * kSliver, samples_per_metre));
  const bool upper = input.Swaps(Label::kUpper), lower = input.Swaps(Label::kLower);
  if (upper == lower || input.skirt) return near;
  // A skirt hangs as no trousers do.
  if (lower && WearsSkirt(input.body, input.base)) return near;
  const BodyGrid grid = GridOf(input.body, view, upper);
  if (upper) {
    // Necklines are cut in even curves.
    const cv::Mat even = Ramp(Blurred(alpha, kNeckline * samples_per_metre), .4, .6);
    even.copyTo(near, NeckOf(grid));
  }
  const OldShape from =
      upper ? OldTop(input, grid, near, samples_per_metre) : OldBottom(input, grid, near);
  const cv::Mat weight =
      Blurred(from.weight, kOverTo * samples_per_metre) * std::min(1.0, 2 * unsure);
  const cv::Mat one = SignedDistance(near), other = SignedDistance(from.mask);
  const cv::Mat distance = one + weight.mul(other - one);
  const double soft = std::max(1.0, kSoft * samples_per_metre);
  cv::Mat shape = distance > 0;
  if (upper) {
    const cv::Mat below = OnView(input, input.base.regions.mask(Label::kLower), alpha.size());
    OverBottom(below > .5, samples_per_metre, shape);
  }
  const cv::Mat worn = Ramp(Blurred(FloatOfBytes(shape), soft), .35, .65);
  return upper ? WithEvenHem(worn, old, HemPlacesOf(input, view, grid), samples_per_metre) : worn;
}

cv::Mat MovedToShape(const cv::Mat& own, const cv::Mat& shape, double samples_per_metre) {
  constexpr double kReach = .06, kSmooth = .012, kLeastFalloff = .05, kOfMove = 2.5;
  constexpr float kAlongside = .4f;
  cv::Mat map(own.size(), CV_32FC2);
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) {
      map.at<cv::Vec2f>(y, x) = {static_cast<float>(x), static_cast<float>(y)};
    }
  }
  const auto edge_of = [](const cv::Mat& mask) {
    cv::Mat inner, is = mask > .5;
    cv::erode(is, inner, cv::getStructuringElement(cv::MORPH_CROSS, {3, 3}), {-1, -1}, 1,
              cv::BORDER_REPLICATE);
    return cv::Mat(is & ~inner);
  };
  const cv::Mat from = edge_of(own), to = edge_of(shape);
  if (cv::countNonZero(from) == 0 || cv::countNonZero(to) == 0) return map;
  const double sigma = kSmooth * samples_per_metre;
  // The way out of each, which tells one side of an arm from the other.
  const auto outward = [&](const cv::Mat& mask) {
    const cv::Mat soft = Blurred(mask, sigma / 2);
    std::vector<cv::Mat> slope(2);
    cv::Scharr(soft, slope[0], CV_32F, 1, 0);
    cv::Scharr(soft, slope[1], CV_32F, 0, 1);
    cv::Mat out;
    cv::merge(slope, out);
    return out;
  };
  const cv::Mat own_out = outward(own), shape_out = outward(shape);
  const NearestPlace nearest = NearestOf(from);
  cv::Mat move(own.size(), CV_32FC2, cv::Scalar::all(0)), known(own.size(), CV_32F, cv::Scalar(0));
  for (int y = 0; y < to.rows; ++y) {
    for (int x = 0; x < to.cols; ++x) {
      if (to.at<uint8_t>(y, x) == 0) continue;
      if (static_cast<double>(nearest.distance.at<float>(y, x)) > kReach * samples_per_metre) {
        continue;
      }
      const cv::Point place(nearest.place.at<cv::Vec2i>(y, x));
      const cv::Vec2f &a = own_out.at<cv::Vec2f>(place), &b = shape_out.at<cv::Vec2f>(y, x);
      const auto length = static_cast<float>(cv::norm(a) * cv::norm(b));
      if (a.dot(b) < kAlongside * length) continue;
      move.at<cv::Vec2f>(y, x) = {static_cast<float>(place.x - x), static_cast<float>(place.y - y)};
      known.at<float>(y, x) = 1;
    }
  }
  const cv::Mat total = Blurred(known, sigma);
  const cv::Mat smooth = Over(Blurred(move, sigma), total);
  const cv::Mat trust = Ramp(total, 1e-4, 1e-3);
  const NearestPlace edge = NearestOf(to);
  cv::Mat spread(own.size(), CV_32FC2);
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) {
      const cv::Point place(edge.place.at<cv::Vec2i>(y, x));
      const cv::Vec2f of_edge = smooth.at<cv::Vec2f>(place) * trust.at<float>(place);
      const double falloff =
          std::max(kLeastFalloff * samples_per_metre, kOfMove * cv::norm(of_edge));
      const float share = Ramp(edge.distance.at<float>(y, x), static_cast<float>(falloff), 0);
      spread.at<cv::Vec2f>(y, x) = of_edge * share;
    }
  }
  return map + Blurred(spread, sigma / 2);
}

}  // namespace atelier::edit
