#include "edit/garment/skirt.h"

#include <Eigen/Dense>
#include <opencv2/imgproc.hpp>

#include "edit/limb/hands.h"
#include "edit/person/mat_math.h"
#include "edit/person/mirrored_fill.h"
#include "edit/person/push_pull.h"
#include "people/body/body_view.h"

namespace atelier::edit {
namespace {

/// Of hips and thighs; below the knee the legs go where they like.
bool HoldsSkirt(const people::Attributes& a) {
  constexpr float kWaist = .16f;
  return a.leg_weight > .5f ? a.leg < 1 : (a.arm_weight < .1f && a.at.y < kWaist);
}

/// How large the pelvis is, in metres: the same from every side.
double PelvisSize(const people::Body& body, const people::PosedBody& posed) {
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  std::vector<Eigen::Vector3d> points;
  for (const int vertex : body.skin_vertices()) {
    const people::Attributes& a = body.attributes()[static_cast<size_t>(vertex)];
    if (!HoldsSkirt(a) || a.leg_weight > .5f) continue;
    const people::Vec3& p = posed.points[static_cast<size_t>(vertex)];
    points.emplace_back(static_cast<double>(p.x), static_cast<double>(p.y),
                        static_cast<double>(p.z));
    mean += points.back();
  }
  mean /= static_cast<double>(points.size());
  double sum = 0;
  for (const Eigen::Vector3d& p : points) sum += (p - mean).squaredNorm();
  return std::sqrt(sum / static_cast<double>(points.size()));
}

/// The map that best takes the base's hips and thighs to the donor's: [x y 1] times this. A skirt
/// is round, so that its width is that of the body and not of the hips as they are turned.
Eigen::Matrix<double, 3, 2> HipMap(const SwapInput& input) {
  const people::PosedBody &base = input.base.person.body, &donor = input.donor.person.body;
  const double width = donor.camera.pixels_per_metre / base.camera.pixels_per_metre *
                       PelvisSize(input.body, donor) / PelvisSize(input.body, base);
  // x' = width x + lean y + shift, y' = height y + drop.
  Eigen::Matrix2d matrix = Eigen::Matrix2d::Zero(), right = Eigen::Matrix2d::Zero();
  const std::vector<people::ScreenPoint> from = people::Project(base), to = people::Project(donor);
  for (const int vertex : input.body.skin_vertices()) {
    const auto v = static_cast<size_t>(vertex);
    if (!HoldsSkirt(input.body.attributes()[v])) continue;
    const Eigen::Vector2d p(static_cast<double>(from[v].y), 1);
    matrix += p * p.transpose();
    right += p * Eigen::RowVector2d(
                     static_cast<double>(to[v].x) - width * static_cast<double>(from[v].x),
                     static_cast<double>(to[v].y));
  }
  Eigen::Matrix<double, 3, 2> map;
  map.row(0) << width, 0;
  map.bottomRows<2>() = matrix.ldlt().solve(right);
  return map;
}

/// Where the box's pixels are in the donor's picture, by `map`.
Places FlatPlaces(const SwapInput& input, const Eigen::Matrix<double, 3, 2>& map) {
  Places places;
  places.x.create(input.box.size(), CV_32F);
  places.y.create(input.box.size(), CV_32F);
  for (int y = 0; y < input.box.height; ++y) {
    for (int x = 0; x < input.box.width; ++x) {
      const Eigen::RowVector2d q =
          Eigen::RowVector3d(x + input.box.x + .5, y + input.box.y + .5, 1) * map;
      places.x.at<float>(y, x) = static_cast<float>(q.x() - .5);
      places.y.at<float>(y, x) = static_cast<float>(q.y() - .5);
    }
  }
  return places;
}

/// Pixels between the legs, and those of them that a garment fills.
struct LegGap {
  double pixels = 0, filled = 0;
};

/// Of those only that are `free`, further from the legs than a trouser's cloth is.
LegGap GapBetweenLegs(const people::Body& body, const people::DepthBuffer& naked,
                      const cv::Mat& garment, const cv::Mat& free) {
  LegGap gap;
  for (int y = 0; y < naked.height; ++y) {
    std::array<int, 2> first = {naked.width, naked.width}, last = {-1, -1};
    bool worn = false;
    for (int x = 0; x < naked.width; ++x) {
      const int triangle =
          naked.triangle[static_cast<size_t>(y) * static_cast<size_t>(naked.width) +
                         static_cast<size_t>(x)];
      if (triangle < 0) continue;
      const people::Triangle& t = people::SurfaceTriangle(body, triangle);
      const people::Attributes& a = body.attributes()[static_cast<size_t>(t[0])];
      if (a.leg_weight < .5f) continue;
      const size_t side = a.at.x > 0 ? 0 : 1;
      first[side] = std::min(first[side], x);
      last[side] = std::max(last[side], x);
      worn = worn || garment.at<uint8_t>(y, x) != 0;
    }
    if (!worn || last[0] < 0 || last[1] < 0) continue;
    const size_t left = first[0] < first[1] ? 0 : 1;
    for (int x = last[left] + 1; x < first[1 - left]; ++x) {
      if (free.at<uint8_t>(y, x) == 0) continue;
      gap.pixels += 1;
      gap.filled += garment.at<uint8_t>(y, x) != 0 ? 1 : 0;
    }
  }
  return gap;
}

}  // namespace

bool WearsSkirt(const people::Body& body, const Subject& subject) {
  constexpr double kFree = .025, kFar = .04, kFarShare = .06, kGapShare = .6, kLeastGap = .005;
  const Person& person = subject.person;
  const people::DepthBuffer naked =
      people::DrawSurface(body, people::Project(person.body), person.height(), person.width());
  const cv::Mat lower = subject.regions.mask(Label::kLower) > .5;
  const int area = cv::countNonZero(lower);
  cv::Mat off(person.height(), person.width(), CV_8U), distance;
  for (size_t i = 0; i < naked.triangle.size(); ++i) off.data[i] = naked.triangle[i] < 0 ? 1 : 0;
  cv::distanceTransform(off, distance, cv::DIST_L2, cv::DIST_MASK_5);
  const cv::Mat far = lower & (distance > kFar * person.pixels_per_metre());
  const LegGap gap =
      GapBetweenLegs(body, naked, lower, distance > kFree * person.pixels_per_metre());
  if (gap.pixels > kLeastGap * area) return gap.filled > kGapShare * gap.pixels;
  return cv::countNonZero(far) > kFarShare * area;
}

SkirtLayer CarrySkirt(const SwapInput& input) {
  const Subject& donor = input.donor;
  const Places places = FlatPlaces(input, HipMap(input));
  const SurfaceView view(input.body, input.screen, {input.box, 1});
  // Where hands or the donor's top hang over it, the skirt goes on; upwards, as far as the base's
  // old garment shows.
  const cv::Mat hands = Ramp(places.Sample(HandsOf(input.body, donor)), .2, .6);
  const cv::Mat top = Ramp(places.Sample(donor.regions.mask(Label::kUpper)), .2, .6);
  const cv::Mat shown = (1 - hands).mul(1 - top);
  const cv::Mat mask = places.Sample(donor.regions.mask(Label::kLower));
  const cv::Mat old = cv::max(input.base.regions.mask(Label::kLower)(input.box), 1 - top);

  SkirtLayer out;
  // What goes on behind a hand is there or not: a soft edge would be a smear.
  const cv::Mat behind = Ramp(PushPull(mask, shown), .6, .75);
  out.alpha = Mix(behind, Ramp(mask, .3, .75), shown).mul(old);
  out.trusted = shown.mul(Ramp(mask, .55, .9));
  const cv::Mat inside = Ramp(out.alpha, .2, .4);
  out.colour = MirroredFill(places.Sample(FloatOf(donor.person.picture)), out.trusted.mul(inside));
  return out;
}

}  // namespace atelier::edit
