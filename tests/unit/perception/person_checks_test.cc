// What is measured of the person in a picture, what is said about it, and from which part of the
// picture the person is read.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "perception/person_frame.h"
#include "perception/person_limits.h"
#include "perception/person_measures.h"
#include "perception/selection/model_reading.h"
#include "perception/selection/pose_estimator_selector.h"

namespace atelier::perception {
namespace {

std::vector<std::string> ReasonsOf(const PersonMeasures& person) {
  std::vector<std::string> reasons;
  for (const Warning& warning : WarningsOf(person, "picture")) reasons.push_back(warning.reason);
  return reasons;
}

PersonMeasures Faultless() {
  return {.confidence = 0.9,
          .sure_confidence = 0.75,
          .people = 1,
          .outside = 0.1,
          .tilt_degrees = 20,
          .height_pixels = 250};
}

TEST_CASE("A person who is whole, upright, alone and large gives no warning", "[person]") {
  CHECK(ReasonsOf(Faultless()).empty());
  // What nobody measured is no reason to warn.
  PersonMeasures unmeasured;
  unmeasured.confidence = 0.4;
  CHECK(ReasonsOf(unmeasured).empty());
}

TEST_CASE("Each doubt about a person is told with its number and its limit", "[person]") {
  PersonMeasures person = Faultless();
  std::string reason;
  double value = 0, limit = 0;
  const auto expect = [&] {
    const auto warnings = WarningsOf(person, "source");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].reason == reason);
    CHECK(warnings[0].field == "source");
    CHECK(warnings[0].value == value);
    CHECK(warnings[0].limit == limit);
    CHECK_FALSE(warnings[0].message.empty());
    CHECK(std::count(kWarningReasons.begin(), kWarningReasons.end(), reason) == 1);
  };
  SECTION("hard to make out") {
    person.confidence = value = 0.6;
    reason = "PERSON_UNSURE";
    limit = 0.75;
    expect();
  }
  SECTION("not alone") {
    person.people = 3;
    reason = "SEVERAL_PEOPLE";
    value = 3;
    limit = 1;
    expect();
  }
  SECTION("without legs") {
    person.outside = value = 0.24;
    reason = "PERSON_CUT_OFF";
    limit = kMaxOutside;
    expect();
  }
  SECTION("on the head, turned the other way round") {
    person.tilt_degrees = -178;
    value = 178;
    reason = "PERSON_UPSIDE_DOWN";
    limit = kMaxTilt;
    expect();
  }
  SECTION("far away") {
    person.height_pixels = value = 64;
    reason = "PERSON_SMALL";
    limit = kMinHeight;
    expect();
  }
}

std::vector<BodyLandmark> Standing() {
  std::vector<BodyLandmark> landmarks(kBodyLandmarkCount);
  for (BodyLandmark& mark : landmarks) mark = {.x = 50, .y = 50};
  landmarks[11].y = landmarks[12].y = 20;
  landmarks[23].y = landmarks[24].y = 60;
  return landmarks;
}

TEST_CASE("Landmarks outside of the picture are the share that is cut off", "[person]") {
  auto landmarks = Standing();
  CHECK(OutsideShare(landmarks, 100, 100) == 0);
  for (const int knee_or_ankle : {25, 26, 27, 28}) landmarks[knee_or_ankle].y = 101;
  CHECK(OutsideShare(landmarks, 100, 100) == Approx(4.0 / 17));
  // Heels and fingers have no keypoint, and do not count.
  landmarks[29].y = landmarks[19].x = -3;
  CHECK(OutsideShare(landmarks, 100, 100) == Approx(4.0 / 17));
}

TEST_CASE("Keypoints that the model's network does not find are the share that is cut off",
          "[person]") {
  Keypoints keypoints;
  keypoints.fill({5, 5, 0.5f});
  CHECK(OutsideShare(keypoints) == 0);
  keypoints[10] = keypoints[13] = {};
  keypoints[1] = {};  // the neck follows from the shoulders
  CHECK(OutsideShare(keypoints) == Approx(2.0 / 17));
}

TEST_CASE("The tilt is the angle from upright, clockwise, by whatever points there are",
          "[person]") {
  auto landmarks = Standing();
  CHECK(*TiltDegrees(landmarks) == Approx(0));
  landmarks[11].y = landmarks[12].y = 100;
  CHECK(std::abs(*TiltDegrees(landmarks)) == Approx(180));
  landmarks[11].y = landmarks[12].y = 60;
  landmarks[11].x = landmarks[12].x = 90;
  CHECK(*TiltDegrees(landmarks) == Approx(90));
  CHECK_FALSE(TiltDegrees(std::vector<BodyLandmark>(kBodyLandmarkCount)));

  Keypoints keypoints;
  keypoints[1] = {10, 50, 1};
  CHECK_FALSE(TiltDegrees(keypoints));
  keypoints[11] = {50, 50, 1};  // one hip is enough
  CHECK(*TiltDegrees(keypoints) == Approx(-90));
}

TEST_CASE("A speck beside the person does not make them taller", "[person]") {
  Image mask(100, 60, 1);
  for (int y = 20; y < 70; ++y) mask.at(y, 30)[0] = 200;
  mask.at(99, 59)[0] = 255;
  mask.at(0, 0)[0] = 127;
  CHECK(HeightPixels(mask) == 50);
  CHECK_FALSE(HeightPixels(Image(10, 10, 1)));
  CHECK_FALSE(HeightPixels(Image()));
}

TEST_CASE("A person is cut out upright and put back as they were, whichever way they are turned",
          "[person]") {
  Image picture(40, 60, 3);
  for (size_t i = 0; i < picture.data.size(); ++i) picture.data[i] = static_cast<uint8_t>(i * 7);
  const Box box{10, 12, 30, 20};
  for (const double tilt : {0.0, 90.0, 180.0, -90.0, 44.0, 46.0}) {
    INFO(tilt);
    const PersonFrame frame = FrameAround(box, tilt, picture);
    CHECK(frame.left == 9);
    CHECK(frame.width == 22);
    CHECK(frame.quarter_turns == (static_cast<int>(std::lround(tilt / 90)) + 4) % 4);
    const Image back = PutBack(CutFrame(picture, frame), frame, 40, 60);
    CHECK(std::equal(back.at(15, 9), back.at(15, 31), picture.at(15, 9)));
    CHECK(back.at(15, 8)[0] == 0);
    CHECK(back.at(30, 15)[0] == 0);
  }
}

TEST_CASE("A person who lies with the head to the right is turned onto the feet", "[person]") {
  Image picture(10, 20, 3);
  picture.at(5, 18)[0] = 255;  // the head
  const PersonFrame frame = FrameAround({}, 90, picture);
  const Image upright = CutFrame(picture, frame);
  REQUIRE(upright.height == 20);
  CHECK(upright.at(1, 5)[0] == 255);
  Keypoints keypoints;
  keypoints[0] = {5.5f, 1.5f, 1};
  const Keypoint head = PutBack(keypoints, frame)[0];
  CHECK(head.x == 18.5f);
  CHECK(head.y == 5.5f);
}

TEST_CASE("A box that lies outside of the picture cuts nothing out", "[person]") {
  const Image picture(40, 60, 3);
  CHECK(IsWhole(FrameAround({200, 200, 210, 240}, 0, picture), picture));
  CHECK(IsWhole(FrameAround({}, std::nullopt, picture), picture));
}

TEST_CASE("Two readings agree as far as their points lie together", "[person]") {
  Keypoints one;
  one.fill({50, 50, 0.8f});
  Keypoints other = one;
  CHECK(Agreement(one, other, 100, 80) == Approx(0.8));
  for (Keypoint& point : other) point.x += 3;  // 3 % of the longer side
  CHECK(Agreement(one, other, 100, 80) == Approx(0.8 / std::exp(1)));
  for (Keypoint& point : other) point.x += 20;
  CHECK(Agreement(one, other, 100, 80) < 0.001);
}

TEST_CASE("Only the surer half of the keypoints counts: the rest may be outside", "[person]") {
  Keypoints keypoints;
  for (int i = 0; i < 9; ++i) keypoints[2 * i].confidence = 0.81f;
  CHECK(SureOfKeypoints(keypoints));
  keypoints[4].confidence = 0.7f;
  CHECK_FALSE(SureOfKeypoints(keypoints));
  keypoints[6].confidence = 0.93f;
  CHECK(SureOfKeypoints(keypoints));
}

/// Sees a person of 4 x 6 pixels around a red one, wherever it is, but only upright: the pixel
/// above the red one must be green.
class SeesRed final : public engine::PoseEstimator {
 public:
  Result<engine::PoseEstimate> Estimate(const Image& picture) override {
    engine::PoseEstimate estimate;
    estimate.iuv = Image(picture.height, picture.width, 3);
    for (int y = 1; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        if (picture.at(y, x)[0] != 255 || picture.at(y - 1, x)[1] != 255) continue;
        estimate.keypoints.fill(
            {static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f, 0.95f});
        for (int i = 0; i < picture.width; ++i) estimate.iuv.at(y, i)[0] = 2;
        estimate.confidence = 0.9f;
      }
    }
    return estimate;
  }
};

/// Finds two people, of whom the one in columns 40 to 60 is the larger.
class SeesTwo final : public KeypointEstimator {
 public:
  std::string_view name() const override { return "two"; }
  Result<KeypointEstimate> Estimate(const Image& picture) override {
    KeypointEstimate estimate;
    estimate.keypoints.fill({50, 20, 0.9f});
    estimate.confidence = 0.9f;
    estimate.people = 2;
    estimate.mask = Image(picture.height, picture.width, 1);
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 40; x < 60; ++x) estimate.mask.at(y, x)[0] = 255;
    }
    return estimate;
  }
  Result<std::optional<int>> CountPeople(const Image& /*picture*/) override { return 2; }
};

TEST_CASE("Of two people the larger one alone is read, and the answer counts both", "[person]") {
  Image picture(40, 80, 3, 100);
  picture.at(20, 50)[0] = 255;
  picture.at(19, 50)[1] = 255;
  PoseEstimatorSelector selector(std::make_unique<SeesRed>(), "red",
                                 {std::make_unique<SeesTwo>(), nullptr});
  const auto estimate = selector.Estimate(picture, EstimatorChoice::kAuto);
  REQUIRE(estimate);
  CHECK(estimate->person.people == 2);
  CHECK(estimate->body_estimator == "red");
  CHECK(estimate->body.keypoints[0].x == 50.5f);
  CHECK(estimate->iuv.at(20, 50)[0] == 2);
  CHECK(estimate->iuv.at(20, 30)[0] == 0);
  const auto photograph = selector.Estimate(picture, EstimatorChoice::kPhotograph);
  REQUIRE(photograph);
  CHECK(photograph->body_estimator == "two");
  CHECK(photograph->iuv.at(20, 70)[0] == 0);
}

TEST_CASE("Without networks for photographs a person on the head is found by turning the picture",
          "[person]") {
  Image picture(40, 30, 3, 100);
  picture.at(20, 10)[0] = 255;
  picture.at(21, 10)[1] = 255;
  PoseEstimatorSelector selector(std::make_unique<SeesRed>(), "red", {});
  const auto estimate = selector.Estimate(picture, EstimatorChoice::kAuto);
  REQUIRE(estimate);
  CHECK(estimate->body.keypoints[0].x == 10.5f);
  CHECK(estimate->body.keypoints[0].y == 20.5f);
  CHECK(estimate->iuv.at(20, 3)[0] == 2);
  CHECK(selector.Estimate(Image(40, 30, 3, 100), EstimatorChoice::kAuto).error().reason ==
        kNoPersonReason);
}

TEST_CASE("Who saw nobody says how sure of a person they are, and from where on they would be",
          "[person]") {
  const Unexpected one = NoPerson("blazepose", 0.25, 0.58), other = NoPerson("mini", 0.1, 0.55);
  CHECK(one.value().code == Code::kFailedPrecondition);
  CHECK(NoPerson(one.value(), other.value()).value().message ==
        "nobody is seen in the picture: blazepose's confidence that it shows a person must be at "
        "least 0.58. Given: 0.25; mini's confidence that it shows a person must be at least 0.55. "
        "Given: 0.10");
}

}  // namespace
}  // namespace atelier::perception
