#include "people/keypoints/keypoint_picture.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>

#include "imaging/view_of.h"
#include "people/keypoints/shapes.h"

namespace atelier::people {
namespace {

/// The frame that the published keypoint files are in: 176x256 after 40 columns were cut off.
constexpr float kFrameWidth = 176, kFrameHeight = 256, kFrameOffset = 40;

bool Lit(const Image& drawing, int y, int x) {
  const uint8_t* pixel = drawing.at(y, x);
  return std::max({pixel[0], pixel[1], pixel[2]}) > 0;
}

bool AnyLit(const Image& drawing) {
  return std::any_of(drawing.data.begin(), drawing.data.end(), [](uint8_t v) { return v > 0; });
}

Keypoints ReadPublished(const std::filesystem::path& file, int height, int width) {
  std::ifstream in(file);
  REQUIRE(in);
  Keypoints keypoints{};
  for (Keypoint& keypoint : keypoints) {
    float x = 0, y = 0;
    REQUIRE(in >> x >> y);
    if (x == -1 || y == -1) continue;
    keypoint = {(x - kFrameOffset) * static_cast<float>(width) / kFrameWidth,
                y * static_cast<float>(height) / kFrameHeight, 1};
  }
  return keypoints;
}

cv::Mat ReadRgb(const std::filesystem::path& file) {
  cv::Mat picture = cv::imread(file.string());
  REQUIRE_FALSE(picture.empty());
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  return picture;
}

/// Values, three a pixel.
int64_t ValuesThatDiffer(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat difference;
  cv::absdiff(a, b, difference);
  return cv::countNonZero(difference.reshape(1));
}

/// The pixels of one shape, white on black.
template <typename Draw>
cv::Mat Filled(int side, const Draw& draw) {
  cv::Mat canvas(side, side, CV_8UC1, cv::Scalar(0));
  draw([&](int y, int left, int right) {
    if (y < 0 || y >= side) return;
    for (int x = std::max(left, 0); x <= std::min(right, side - 1); ++x)
      canvas.at<uint8_t>(y, x) = 255;
  });
  return canvas;
}

constexpr int kNeck = 1;
constexpr int kRightShoulder = 2;
constexpr int kRightElbow = 3;

TEST_CASE("Published keypoints give the published pose pictures, pixel for pixel", "[keypoints]") {
  const std::filesystem::path folder =
      std::filesystem::path(ATELIER_SOURCE_DIR) / "tests/parity/fpdm/data/pose";
  const std::string name = GENERATE("df00", "df06", "df11");
  INFO(name);
  const cv::Mat golden = ReadRgb(folder / (name + "_750x1101.png"));
  Image drawing =
      DrawKeypoints(ReadPublished(folder / (name + "_keypoints.txt"), golden.rows, golden.cols),
                    golden.rows, golden.cols);
  CHECK(AnyLit(drawing));
  CHECK(ValuesThatDiffer(imaging::ViewOf(drawing), golden) == 0);
}

TEST_CASE("Discs are OpenCV's", "[keypoints]") {
  for (int radius = 0; radius < 40; ++radius) {
    cv::Mat theirs(100, 100, CV_8UC1, cv::Scalar(0));
    cv::circle(theirs, {48, 51}, radius, cv::Scalar(255), cv::FILLED);
    const cv::Mat ours =
        Filled(100, [&](const DrawRun& draw) { FillDisc({48, 51}, radius, draw); });
    INFO(radius);
    CHECK(cv::countNonZero(ours != theirs) == 0);
  }
}

TEST_CASE("Ellipses are OpenCV's, whatever their length, width and angle", "[keypoints]") {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    const int length = static_cast<int>(random() % 180), width = 1 + static_cast<int>(random() % 9);
    const int degrees = static_cast<int>(random() % 361) - 180;
    const Point centre{190 + static_cast<int>(random() % 20),
                       190 + static_cast<int>(random() % 20)};
    std::vector<cv::Point> corners;
    cv::ellipse2Poly({centre.x, centre.y}, {length, width}, degrees, 0, 360, 1, corners);
    const std::vector<Point> own = EllipseCorners(centre, length, width, degrees);
    INFO(length << " x " << width << " at " << degrees);
    REQUIRE(own.size() == corners.size());
    for (size_t k = 0; k < own.size(); ++k) {
      CHECK(own[k].x == corners[k].x);
      CHECK(own[k].y == corners[k].y);
    }
    cv::Mat theirs(400, 400, CV_8UC1, cv::Scalar(0));
    cv::fillConvexPoly(theirs, corners, cv::Scalar(255));
    const cv::Mat ours = Filled(400, [&](const DrawRun& draw) { FillConvexPolygon(own, draw); });
    CHECK(cv::countNonZero(ours != theirs) == 0);
  }
}

TEST_CASE("A pose picture shows each keypoint and the limb between two of them", "[keypoints]") {
  Keypoints keypoints{};
  keypoints[kNeck] = {32.5f, 20.5f, 1.0f};
  keypoints[kRightShoulder] = {32.5f, 80.5f, 0.5f};
  const Image drawing = DrawKeypoints(keypoints, 128, 64);
  REQUIRE(drawing.height == 128);
  REQUIRE(drawing.width == 64);
  CHECK(Lit(drawing, 20, 32));
  CHECK(Lit(drawing, 80, 32));
  CHECK(Lit(drawing, 50, 32));
  CHECK_FALSE(Lit(drawing, 50, 10));
  CHECK_FALSE(Lit(drawing, 110, 32));
}

TEST_CASE("A keypoint of confidence 0 is not drawn, nor a limb that ends in it", "[keypoints]") {
  Keypoints keypoints{};
  keypoints[kNeck] = {32.5f, 20.5f, 1.0f};
  keypoints[kRightShoulder] = {32.5f, 80.5f, 0.0f};
  keypoints[kRightElbow] = {32.5f, 120.5f, 0.0f};
  const Image drawing = DrawKeypoints(keypoints, 128, 64);
  CHECK(Lit(drawing, 20, 32));
  CHECK_FALSE(Lit(drawing, 50, 32));
  CHECK_FALSE(Lit(drawing, 80, 32));
  CHECK_FALSE(Lit(drawing, 100, 32));
}

TEST_CASE("A pose picture without keypoints is black", "[keypoints]") {
  CHECK_FALSE(AnyLit(DrawKeypoints(Keypoints{}, 64, 64)));
}

TEST_CASE("Keypoints outside of the picture break nothing, however far", "[keypoints]") {
  Keypoints keypoints{};
  keypoints[kNeck] = {-100.0f, 20.0f, 1.0f};
  keypoints[kRightShoulder] = {32.5f, 20.5f, 1.0f};
  CHECK(Lit(DrawKeypoints(keypoints, 64, 64), 20, 16));
  for (const float far : {1e9F, -1e9F, 1e30F, INFINITY, NAN}) {
    keypoints[kNeck] = {far, far, 1.0f};
    CHECK(Lit(DrawKeypoints(keypoints, 64, 64), 20, 32));
  }
}

TEST_CASE("Strokes keep their share of a larger picture", "[keypoints]") {
  Keypoints keypoints{};
  keypoints[kNeck] = {1000, 1000, 1};
  const auto lit = [&](int side) {
    const Image drawing = DrawKeypoints(keypoints, side, side);
    return std::count_if(drawing.data.begin(), drawing.data.end(), [](uint8_t v) { return v > 0; });
  };
  CHECK(lit(4 * kPublishedPoseSide) > 10 * lit(kPublishedPoseSide));
}

}  // namespace
}  // namespace atelier::people
