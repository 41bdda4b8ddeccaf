// The arithmetic around the networks for photographs, on numbers made by hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "perception/photograph/blaze_landmarks.h"
#include "perception/photograph/keypoint_network.h"
#include "perception/photograph/roi.h"
#include "perception/photograph/ssd_detector.h"

namespace atelier::photograph {
namespace {

/// Logit of a probability of nearly 1, and of nearly 0.
constexpr float kYes = 20, kNo = -20;

void CheckAt(cv::Point2f actual, float x, float y) {
  CHECK(actual.x == Approx(x).margin(1e-3));
  CHECK(actual.y == Approx(y).margin(1e-3));
}

Detection DetectionAt(float left, float score) {
  return {{left, 0, 0.2f, 0.2f}, score, {{left, 1}}};
}

TEST_CASE("Anchors run row by row through every grid, as often as the grid says", "[photograph]") {
  const auto person = AnchorsOf(PersonDetectorSpec());
  REQUIRE(person.size() == 28 * 28 * 2 + 14 * 14 * 2 + 7 * 7 * 6);
  CheckAt(person[1], 0.5f / 28, 0.5f / 28);
  CheckAt(person[2], 1.5f / 28, 0.5f / 28);
  CheckAt(person[56], 0.5f / 28, 1.5f / 28);
  CheckAt(person[28 * 28 * 2], 0.5f / 14, 0.5f / 14);
  CheckAt(person.back(), 6.5f / 7, 6.5f / 7);
  CHECK(AnchorsOf(FaceDetectorSpec()).size() == 896);
}

TEST_CASE("A detection is decoded around its anchor, and only from a score of one half",
          "[photograph]") {
  const SsdSpec& spec = PersonDetectorSpec();
  const auto anchors = AnchorsOf(spec);
  std::vector<float> boxes(anchors.size() * 12, 0.0f), scores(anchors.size(), -5.0f);
  const size_t at = 28 * 28 * 2 + 14 * 14 * 2;  // the anchor at (0.5 / 7, 0.5 / 7)
  const float row[] = {22.4f, -11.2f, 44.8f, 89.6f, 11.2f, 22.4f, 0, 0, 0, 0, 0, -224};
  std::copy(std::begin(row), std::end(row), boxes.begin() + static_cast<ptrdiff_t>(at) * 12);
  scores[at] = std::log(3.0f);  // three to one
  scores[7] = -0.01f;
  scores[8] = 1e9f;
  const auto found = DecodeDetections(spec, anchors, boxes.data(), scores.data());
  REQUIRE(found.size() == 2);
  CHECK(found[0].score == 1.0f);
  CHECK(found[1].score == Approx(0.75f));
  CHECK(found[1].box.x == Approx(0.1f + 0.5f / 7 - 0.1f));
  CHECK(found[1].box.y == Approx(-0.05f + 0.5f / 7 - 0.2f));
  CHECK(found[1].box.width == Approx(0.2f));
  CHECK(found[1].box.height == Approx(0.4f));
  REQUIRE(found[1].points.size() == 4);
  CheckAt(found[1].points[0], 0.05f + 0.5f / 7, 0.1f + 0.5f / 7);
  CheckAt(found[1].points[3], 0.5f / 7, -1 + 0.5f / 7);
}

TEST_CASE("Overlapping detections become one, weighted by score; others stay apart",
          "[photograph]") {
  // Boxes of 0.2 shifted by s overlap by (0.2 - s) / (0.2 + s): 0.82, and 0.29 for the last.
  const auto merged = MergeOverlapping({DetectionAt(0.02f, 0.4f), DetectionAt(5, 0.9f),
                                        DetectionAt(0, 0.8f), DetectionAt(0.11f, 0.6f)});
  REQUIRE(merged.size() == 3);
  CHECK(merged[0].score == 0.9f);
  CHECK(merged[1].score == 0.8f);
  CHECK(merged[1].box.x == Approx(0.4f * 0.02f / 1.2f));
  CHECK(merged[1].box.width == Approx(0.2f));
  CHECK(merged[1].points[0].x == Approx(0.4f * 0.02f / 1.2f));
  CHECK(merged[2].box.x == Approx(0.11f));
  CHECK(MergeOverlapping({DetectionAt(0.105f, 0.6f), DetectionAt(0, 0.8f)}).size() == 1);
  CHECK(MergeOverlapping({}).empty());
}

TEST_CASE("Detections without area do not run for ever", "[photograph]") {
  Detection flat{{0, 0, 0, 0}, 0.9f, {}};
  CHECK(MergeOverlapping({flat, flat, flat}).size() == 3);
}

TEST_CASE("The square around a body stands on its circle, whichever way the body lies",
          "[photograph]") {
  const Roi standing = UprightRoi({100, 200}, {100, 150}, 1.25f);
  CHECK(standing.width == Approx(125));
  CheckAt(ToPicture(standing, {0.5f, 0}), 100, 137.5f);
  CheckAt(ToPicture(standing, {0, 0}), 37.5f, 137.5f);
  const Roi lying = UprightRoi({100, 200}, {150, 200}, 1.25f);
  CheckAt(ToPicture(lying, {0.5f, 0}), 162.5f, 200);  // its top is where the head is
  CheckAt(ToPicture(lying, {1, 0.5f}), 100, 262.5f);
  const Roi wide = FitAround({10, 20, 100, 50}, {192, 256}, 1.25f);
  CHECK(wide.width == Approx(125));
  CHECK(wide.height == Approx(125.0f * 256 / 192));
  CheckAt(wide.centre, 60, 45);
}

TEST_CASE("A cut holds the picture's pixels, turned with the square", "[photograph]") {
  Image picture(8, 8, 3);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      picture.at(y, x)[0] = static_cast<uint8_t>(10 * y + x);
      picture.at(y, x)[2] = 255;
    }
  }
  const auto value = [](const Cut& cut, int channel, int y, int x) {
    return reinterpret_cast<const float*>(cut.blob.data)[(channel * 8 + y) * 8 + x];
  };
  Roi roi = SquareAround(picture);
  const Cut same = CutOut(picture, roi, {.size = {8, 8}});
  CHECK(value(same, 0, 3, 5) == Approx(35 / 255.0f));
  CHECK(value(same, 2, 3, 5) == Approx(1));
  const Cut scaled = CutOut(picture, roi,
                            {.size = {8, 8},
                             .outside = Outside::kBlack,
                             .black = cv::Vec3f::all(-1),
                             .white = cv::Vec3f::all(1),
                             .bgr = true});
  CHECK(value(scaled, 2, 3, 5) == Approx(35 / 127.5f - 1));
  CHECK(value(scaled, 0, 3, 5) == Approx(1));
  roi.angle = static_cast<float>(CV_PI / 2);
  const Cut turned = CutOut(picture, roi, {.size = {8, 8}, .outside = Outside::kRepeatedBorder});
  CHECK(value(turned, 0, 1, 3) == Approx(37 / 255.0f));  // row 3, column 8 - 1
  CHECK(value(turned, 0, 7, 6) == Approx(61 / 255.0f));  // row 6, column 8 - 7
}

/// Numbers of the landmark network: nothing seen anywhere.
struct LandmarkOutput {
  std::vector<float> rows = std::vector<float>(kLandmarkRows * kLandmarkColumns, 0.0f);
  std::vector<float> heat = std::vector<float>(kLandmarkRows * kHeatSize * kHeatSize, kNo);
  float& Heat(int landmark, int x, int y) {
    return heat[(static_cast<size_t>(landmark) * kHeatSize + y) * kHeatSize + x];
  }
  void Row(int landmark, std::vector<float> values) {
    std::copy(values.begin(), values.end(), rows.begin() + landmark * kLandmarkColumns);
  }
};

TEST_CASE("A landmark is moved to its heat map's mass near it, and not farther", "[photograph]") {
  LandmarkOutput output;
  output.Row(0, {130, 65, 25.6f, 0, std::log(3.0f)});
  for (const int i : {1, 2, 3}) output.Row(i, {128, 64, 0, 0, 0});
  output.Heat(1, 34, 17) = kYes;
  output.Heat(2, 36, 16) = kYes;  // four cells off: the window's last
  output.Heat(3, 37, 16) = kYes;  // five
  const Roi roi{{100, 100}, 256, 256, 0};
  const auto landmarks = DecodeLandmarks(output.rows.data(), output.heat.data(), roi);
  CheckAt({landmarks[0].x, landmarks[0].y}, 102, 37);  // its heat map sees nothing
  CHECK(landmarks[0].z == Approx(25.6f));
  CHECK(landmarks[0].visibility == Approx(0.5f));
  CHECK(landmarks[0].presence == Approx(0.75f));
  CheckAt({landmarks[1].x, landmarks[1].y}, 100 + 256 * (34.0f / 64 - 0.5f),
          100 + 256 * (17.0f / 64 - 0.5f));
  CHECK(landmarks[2].x == Approx(116).margin(1e-3));
  CHECK(landmarks[3].x == Approx(100).margin(1e-3));
}

TEST_CASE("Two equally sure cells put a landmark between them", "[photograph]") {
  LandmarkOutput output;
  output.Row(0, {128, 128, 0, 0, 0});
  output.Heat(0, 31, 32) = output.Heat(0, 34, 32) = kYes;
  const auto landmarks =
      DecodeLandmarks(output.rows.data(), output.heat.data(), {{0, 0}, 64, 64, 0});
  CheckAt({landmarks[0].x, landmarks[0].y}, 0.5f, 0);  // (31 + 34) / 2 cells of 1 pixel, from 32
}

TEST_CASE("A landmark far outside of the cut is left where it is", "[photograph]") {
  LandmarkOutput output;
  output.Row(0, {-1000, 5e9f, 0, 0, 0});
  const auto landmarks =
      DecodeLandmarks(output.rows.data(), output.heat.data(), {{0, 0}, 256, 256, 0});
  CHECK(landmarks[0].x == Approx(-1128));
}

TEST_CASE("World landmarks are turned upright with the picture", "[photograph]") {
  std::vector<float> rows(static_cast<size_t>(kLandmarkRows) * kWorldColumns);
  // The landmark 1: 0.3 m to the right in the cut, 0.1 m down, 0.2 m nearer.
  rows[3] = .3f;
  rows[4] = .1f;
  rows[5] = -.2f;
  const auto upright = DecodeWorldLandmarks(rows.data(), {{50, 50}, 64, 64, 0});
  CHECK(upright[1].x == Approx(.3));
  CHECK(upright[1].y == Approx(.1));
  CHECK(upright[1].z == Approx(-.2));
  // A quarter turn clockwise: what is right in the cut is below in the picture.
  const float quarter = std::acos(-1.0f) / 2;
  const auto turned = DecodeWorldLandmarks(rows.data(), {{50, 50}, 64, 64, quarter});
  CHECK(turned[1].x == Approx(-.1));
  CHECK(turned[1].y == Approx(.3));
  CHECK(turned[1].z == Approx(-.2));
}

TEST_CASE("OpenPose's points come from BlazePose's, unless hidden or outside", "[photograph]") {
  std::vector<perception::BodyLandmark> landmarks(33, {50, 50, 0, 0.9f, 1});
  landmarks[11] = {40, 20, 0, 0.9f, 1};   // left shoulder
  landmarks[12] = {20, 10, 0, 0.6f, 1};   // right shoulder
  landmarks[14] = {7, 8, 0, 0.49f, 1};    // right elbow, hidden
  landmarks[27] = {50, 100, 0, 0.9f, 1};  // left ankle, below the picture
  landmarks[2] = {3, 4, 0, 0.8f, 1};      // left eye
  const Keypoints keypoints = KeypointsOf(landmarks, 100, 80);
  CheckAt({keypoints[1].x, keypoints[1].y}, 30, 15);
  CHECK(keypoints[1].confidence == Approx(0.6f));
  CheckAt({keypoints[2].x, keypoints[2].y}, 20, 10);
  CHECK(keypoints[3].confidence == 0);
  CHECK(keypoints[13].confidence == 0);
  CheckAt({keypoints[15].x, keypoints[15].y}, 3, 4);
  CHECK(keypoints[15].confidence == Approx(0.8f));
}

TEST_CASE("A mask comes back to the picture's size", "[photograph]") {
  std::vector<float> logits(kLandmarkSize * kLandmarkSize, kNo);
  for (int y = 0; y < kLandmarkSize; ++y) {
    std::fill_n(logits.begin() + static_cast<ptrdiff_t>(y) * kLandmarkSize, 64, kYes);
  }
  const cv::Matx33d half(0.5, 0, 0, 0, 0.5, 0, 0, 0, 1);
  const Image mask = DecodeMask(logits.data(), half, 300, 512);
  REQUIRE(mask.height == 300);
  REQUIRE(mask.width == 512);
  CHECK(mask.at(150, 120)[0] == 255);
  CHECK(mask.at(150, 136)[0] == 0);
}

TEST_CASE("Heat maps give the weighted place of their peaks", "[photograph]") {
  std::vector<float> maps(static_cast<size_t>(kKeypointCount) * 10 * 20, 0.0f);
  float* nose = maps.data();
  nose[3 * 20 + 4] = 0.8f;
  nose[3 * 20 + 5] = 0.4f;
  nose[9 * 20 + 19] = 0.5f;  // another peak, too far away to count
  maps[2 * 10 * 20 + 7] = 0.09f;
  const Keypoints keypoints = DecodeHeatMaps(maps.data(), 10, 20, {{100, 50}, 200, 100, 0});
  CheckAt({keypoints[0].x, keypoints[0].y}, (4.5f * 0.8f + 5.5f * 0.4f) / 1.2f * 10, 35);
  CHECK(keypoints[0].confidence == 0.8f);
  CHECK(keypoints[2].confidence == 0);
}

TEST_CASE("SimCC gives the place of its largest values, and the lower score of both",
          "[photograph]") {
  constexpr int kColumns = 40, kRows = 20, kPoints = 17;
  std::vector<float> x(kPoints * kColumns, 0.0f), y(kPoints * kRows, 0.0f);
  const auto put = [&](int point, int column, float across, int row, float down) {
    x[point * kColumns + column] = across;
    y[point * kRows + row] = down;
  };
  put(0, 10, 0.9f, 5, 0.6f);
  put(5, 30, 0.9f, 4, 0.9f);    // left shoulder
  put(6, 20, 0.5f, 2, 1.7f);    // right shoulder
  put(9, 1, 0.29f, 1, 0.9f);    // left wrist, unsure
  put(10, 39, 1.9f, 19, 1.2f);  // right wrist
  const Keypoints keypoints =
      DecodeSimcc(x.data(), kColumns, y.data(), kRows, {{100, 100}, 200, 200, 0});
  CheckAt({keypoints[0].x, keypoints[0].y}, 50, 50);
  CHECK(keypoints[0].confidence == Approx(0.6f));
  CheckAt({keypoints[1].x, keypoints[1].y}, 125, 30);
  CHECK(keypoints[1].confidence == Approx(0.5f));
  CheckAt({keypoints[5].x, keypoints[5].y}, 150, 40);
  CHECK(keypoints[7].confidence == 0);
  CheckAt({keypoints[4].x, keypoints[4].y}, 195, 190);
  CHECK(keypoints[4].confidence == 1);
}

}  // namespace
}  // namespace atelier::photograph
