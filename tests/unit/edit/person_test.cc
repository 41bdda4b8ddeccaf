// A person before edits: clothes, what is visible, and what may be hidden.
#include "edit/person/person.h"

#include <opencv2/imgproc.hpp>

#include "edit_fixture.h"
#include "people/body/body_view.h"

namespace atelier::edit {
namespace {

cv::Mat BodyMask(const Person& person) {
  cv::Mat out(person.height(), person.width(), CV_32F, cv::Scalar(0));
  for (size_t i = 0; i < person.visible.triangle.size(); ++i) {
    if (person.visible.triangle[i] >= 0) out.ptr<float>()[i] = 1;
  }
  return out;
}

TEST_CASE("The clothed body covers more of the mask than the naked one", "[edit]") {
  for (const uint64_t seed : {4, 5, 6}) {
    const RenderedPerson rendered = RenderPerson(seed);
    INFO("seed " << seed);
    people::PosedBody naked = rendered.person.body;
    const people::DepthBuffer drawn = people::DrawSurface(
        TheBody(), people::Project(naked), rendered.person.height(), rendered.person.width());
    cv::Mat naked_mask(rendered.person.height(), rendered.person.width(), CV_32F, cv::Scalar(0));
    for (size_t i = 0; i < drawn.triangle.size(); ++i) {
      if (drawn.triangle[i] >= 0) naked_mask.ptr<float>()[i] = 1;
    }
    const double clothed = Overlap(BodyMask(rendered.person), rendered.person.mask);
    CHECK(clothed > .9);
    CHECK(clothed > Overlap(naked_mask, rendered.person.mask) + .005);
  }
}

TEST_CASE("Surfaces that face the camera are squarer than those at the body's edge", "[edit]") {
  const RenderedPerson rendered = RenderPerson(4);
  const cv::Mat& squareness = rendered.person.squareness;
  double least = 0, most = 0;
  cv::minMaxLoc(squareness, &least, &most);
  CHECK(least == 0);
  CHECK(most > .99);
  CHECK(most < 1.001);
  cv::Mat inside;
  cv::erode(BodyMask(rendered.person), inside, cv::Mat::ones(9, 9, CV_8U));
  const cv::Mat edge = (BodyMask(rendered.person) > .5f) & (inside < .5f);
  CHECK(cv::mean(squareness, edge)[0] < cv::mean(squareness, inside > .5f)[0] - .2);
  CHECK(cv::countNonZero((squareness > 0) & (BodyMask(rendered.person) < .5f)) == 0);
}

TEST_CASE("A torso beside an arm before it may be hidden, the arm is not", "[edit]") {
  const RenderedPerson rendered = RenderPerson(11, {.pose = people::PoseKind::kCrossed});
  const Person& person = rendered.person;
  const cv::Mat& beside = person.beside_nearer;
  const std::vector<float>& depth = person.visible.depth;
  int marked = 0, far_side = 0;
  for (int y = 1; y + 1 < beside.rows; ++y) {
    for (int x = 1; x + 1 < beside.cols; ++x) {
      const auto at = static_cast<size_t>(y * beside.cols + x);
      if (person.visible.triangle[at] < 0 || person.visible.triangle[at + 1] < 0) continue;
      const float jump = depth[at] - depth[at + 1];
      if (std::fabs(jump) < .08f) continue;
      ++marked;
      far_side += beside.at<uint8_t>(y, jump > 0 ? x : x + 1) == 255;
    }
  }
  REQUIRE(marked > 20);
  CHECK(far_side == marked);
  CHECK(cv::countNonZero(beside) < cv::countNonZero(BodyMask(person) > .5f) / 2);
}

}  // namespace
}  // namespace atelier::edit
