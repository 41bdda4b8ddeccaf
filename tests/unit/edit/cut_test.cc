// Labels cut at a picture's edges, and smooth functions of its places.
#include <cmath>

#include "base/random.h"
#include "edit/cut/potts_cut.h"
#include "edit/cut/waist_pieces.h"
#include "edit/warp/hem.h"
#include "edit/warp/smooth_field.h"
#include "edit_fixture.h"

namespace atelier::edit {
namespace {

/// Two colours side by side, and costs that prefer the true label in most pixels only.
struct Halves {
  std::vector<cv::Mat> costs = {cv::Mat(40, 60, CV_32F), cv::Mat(40, 60, CV_32F)};
  cv::Mat guide = cv::Mat(40, 60, CV_32FC3);
  cv::Mat truth = cv::Mat(40, 60, CV_32S);

  Halves() {
    Random random(3);
    for (int y = 0; y < 40; ++y) {
      for (int x = 0; x < 60; ++x) {
        const int label = x < 33 ? 0 : 1;
        truth.at<int>(y, x) = label;
        guide.at<cv::Vec3f>(y, x) = cv::Vec3f::all(label == 0 ? 20 : 70);
        const bool misled = random.Uniform() < .3;
        for (int k = 0; k < 2; ++k) {
          costs[static_cast<size_t>(k)].at<float>(y, x) = (k == label) != misled ? 0 : 1;
        }
      }
    }
  }
};

TEST_CASE("Pixels that are misled follow those around them, up to the edge", "[edit]") {
  const Halves halves;
  const cv::Mat all(40, 60, CV_8U, cv::Scalar(255));
  const cv::Mat found =
      PottsCut(halves.costs, halves.guide, all, cv::Mat::zeros(40, 60, CV_32S), 2);
  CHECK(cv::countNonZero(found != halves.truth) == 0);
}

TEST_CASE("Pixels that are not free keep their labels", "[edit]") {
  const Halves halves;
  cv::Mat free(40, 60, CV_8U, cv::Scalar(255));
  free.colRange(0, 10).setTo(0);
  cv::Mat start = cv::Mat::zeros(40, 60, CV_32S);
  start.colRange(0, 10).setTo(1);
  const cv::Mat found = PottsCut(halves.costs, halves.guide, free, start, .1f);
  CHECK(cv::countNonZero(found.colRange(0, 10) != 1) == 0);
}

TEST_CASE("A piece of the waistband that was taken for the top becomes trousers", "[edit]") {
  constexpr int kUpper = static_cast<int>(Label::kUpper), kLower = static_cast<int>(Label::kLower);
  // Lilac above, denim below from row 60 on; the labels have the waistband's left end with the top.
  cv::Mat lab(120, 100, CV_32FC3, cv::Scalar(70, 18, -24));
  cv::Mat found(120, 100, CV_32S, cv::Scalar(kUpper));
  lab.rowRange(60, 120).setTo(cv::Scalar(55, -5, -14));
  found.rowRange(60, 120).setTo(kLower);
  const cv::Mat truth = found.clone();
  found(cv::Rect(0, 60, 20, 10)).setTo(kUpper);
  MendWaist(lab, 400, found);
  CHECK(cv::countNonZero(found != truth) == 0);
  // A print of about the other's colour far from it stays what it is.
  lab(cv::Rect(40, 5, 20, 12)).setTo(cv::Scalar(55, -5, -14));
  MendWaist(lab, 400, found);
  CHECK(cv::countNonZero(found != truth) == 0);
}

TEST_CASE("A field goes on straight beyond what is known, without its jitter", "[edit]") {
  cv::Mat values(80, 100, CV_32FC2), weight = cv::Mat::zeros(80, 100, CV_32F);
  Random random(5);
  for (int y = 0; y < 80; ++y) {
    for (int x = 0; x < 100; ++x) {
      const auto jitter = static_cast<float>(random.Uniform() - .5);
      const auto fx = static_cast<float>(x), fy = static_cast<float>(y);
      values.at<cv::Vec2f>(y, x) = {3 + 1.2f * fx - .1f * fy + jitter, 7 + .9f * fy + jitter};
    }
  }
  weight(cv::Rect(20, 20, 50, 40)).setTo(1);
  const cv::Mat field = SmoothField(values, weight, 8, 2);
  REQUIRE(field.size() == values.size());
  for (const cv::Point at : {cv::Point(45, 40), cv::Point(10, 12), cv::Point(85, 70)}) {
    const auto x = static_cast<float>(at.x), y = static_cast<float>(at.y);
    CHECK(field.at<cv::Vec2f>(at)[0] == Approx(3 + 1.2f * x - .1f * y).margin(.6));
    CHECK(field.at<cv::Vec2f>(at)[1] == Approx(7 + .9f * y).margin(.6));
  }
  CHECK(SmoothField(values, cv::Mat::zeros(80, 100, CV_32F), 8, 2).empty());
}

/// 1 for the front and back of the trunk above `height`.
std::vector<float> TopDownTo(float height) {
  std::vector<float> worn(TheBody().attributes().size(), 0);
  for (size_t v = 0; v < worn.size(); ++v) {
    worn[v] = TheBody().attributes()[v].at.y > height ? 1.0f : 0.0f;
  }
  return worn;
}

TEST_CASE("A shorter top is drawn out to the old hem, and a longer one keeps its own", "[edit]") {
  const auto hem = DrawnOutHem(TheBody(), TopDownTo(.2f), TopDownTo(.1f));
  REQUIRE(hem);
  CHECK(hem->of_donor == Approx(.2).margin(.02));
  CHECK(hem->of_base == Approx(.1).margin(.02));
  CHECK(hem->DonorHeight(.5f) == .5f);
  // All of it lies between chest and hem, in its order.
  float before = 1;
  for (float height = .33f; height > hem->End(); height -= .01f) {
    const float there = hem->DonorHeight(height);
    CHECK(there < before);
    CHECK(there >= hem->of_donor - .001f);
    before = there;
  }
  const std::vector<float> covered = CoveredTo(TheBody(), *hem, TopDownTo(.2f));
  CHECK(DrawnOutHem(TheBody(), covered, TopDownTo(.1f)) == std::nullopt);
  CHECK(DrawnOutHem(TheBody(), TopDownTo(.1f), TopDownTo(.2f)) == std::nullopt);
}

}  // namespace
}  // namespace atelier::edit
