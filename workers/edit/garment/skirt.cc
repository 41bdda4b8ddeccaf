#include "edit/garment/skirt.h"

#include <Eigen/Dense>
#include <opencv2/imgproc.hpp>

#include "edit/garment/hands.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "people/body/body_view.h"

namespace atelier::edit {
namespace {

/// Of hips and thighs; below the knee the legs go where they like.
bool HoldsSkirt(const people::Attributes& a) {
  constexpr float kWaist = .16f;
  return a.leg_weight > .5f ? a.leg < 1 : (a.arm_weight < .1f && a.at.y < kWaist);
}

/// The affine map that best takes the base's hips and thighs to the donor's: [x y 1] times this.
Eigen::Matrix<double, 3, 2> HipMap(const SwapInput& input) {
  Eigen::Matrix3d matrix = Eigen::Matrix3d::Zero();
  Eigen::Matrix<double, 3, 2> right = Eigen::Matrix<double, 3, 2>::Zero();
  const std::vector<people::ScreenPoint> from = people::Project(input.base.person.body);
  const std::vector<people::ScreenPoint> to = people::Project(input.donor.person.body);
  for (const int vertex : input.body.skin_vertices()) {
    const auto v = static_cast<size_t>(vertex);
    if (!HoldsSkirt(input.body.attributes()[v])) continue;
    const Eigen::Vector3d p(static_cast<double>(from[v].x), static_cast<double>(from[v].y), 1);
    const Eigen::RowVector2d q(static_cast<double>(to[v].x), static_cast<double>(to[v].y));
    matrix += p * p.transpose();
    right += p * q;
  }
  return matrix.ldlt().solve(right);
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

}  // namespace

bool WearsSkirt(const people::Body& body, const Subject& subject) {
  constexpr double kBeside = .05, kShare = .06;
  const Person& person = subject.person;
  const people::DepthBuffer naked =
      people::DrawSurface(body, people::Project(person.body), person.height(), person.width());
  cv::Mat off(person.height(), person.width(), CV_8U);
  for (size_t i = 0; i < naked.triangle.size(); ++i) off.data[i] = naked.triangle[i] < 0 ? 1 : 0;
  cv::Mat distance;
  cv::distanceTransform(off, distance, cv::DIST_L2, cv::DIST_MASK_5);
  const cv::Mat lower = subject.regions.mask(Label::kLower) > .5;
  const cv::Mat far = lower & (distance > kBeside * person.pixels_per_metre());
  if (Tune("T_SKIRT", 0) > 0) {
    std::printf("skirt");
    for (const double d : {.02, .03, .04, .05, .06, .08}) {
      std::printf(" %.3f", cv::countNonZero(lower & (distance > d * person.pixels_per_metre())) /
                               (1.0 + cv::countNonZero(lower)));
    }
    std::printf("\n");
  }
  return cv::countNonZero(far) > kShare * cv::countNonZero(lower);
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
  out.alpha = Ramp(PushPull(mask, shown), .3, .75).mul(old);
  out.trusted = shown.mul(Ramp(mask, .55, .9));
  const cv::Mat inside = Ramp(out.alpha, .2, .4);
  out.colour = PushPull(places.Sample(FloatOf(donor.person.picture)), out.trusted.mul(inside));
  return out;
}

}  // namespace atelier::edit
