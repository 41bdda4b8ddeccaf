// Networks that a user brings, as small as they come: they look for red.
#include "perception/photograph/keypoint_network.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "perception/photograph/dnn_network.h"
#include "support/temp_dir.h"

namespace atelier::photograph {
namespace {

std::filesystem::path Data(const std::string& name) {
  return std::filesystem::path(ATELIER_SOURCE_DIR) / "tests/unit/perception/data" / name;
}

/// Black with a square of 20 pixels around (x, y).
Image SquareAt(int height, int width, int x, int y, std::array<uint8_t, 3> colour) {
  Image picture(height, width, 3);
  for (int row = y - 10; row < y + 10; ++row) {
    for (int column = x - 10; column < x + 10; ++column) {
      std::copy(colour.begin(), colour.end(), picture.at(row, column));
    }
  }
  return picture;
}

constexpr std::array<uint8_t, 3> kRed = {255, 0, 0}, kBlue = {0, 0, 255};

TEST_CASE("An OpenPose network sees blue first, scaled to -0.5..0.5, and answers in pixels",
          "[photograph]") {
  auto network = LoadKeypointNetwork(Data("openpose.onnx"), {});
  REQUIRE(network);
  CHECK((*network)->name() == "openpose");
  const auto estimate = (*network)->Estimate(SquareAt(184, 368, 300, 60, kRed));
  REQUIRE(estimate);
  for (const Keypoint& point : estimate->keypoints) {
    CHECK(point.x == Approx(300).margin(4));
    CHECK(point.y == Approx(60).margin(4));
    CHECK(point.confidence == Approx(255 / 256.0).margin(1e-3));
  }
  CHECK(estimate->confidence == Approx(255 / 256.0).margin(1e-3));
  CHECK(estimate->landmarks.empty());
  CHECK((*network)->Estimate(SquareAt(184, 368, 300, 60, kBlue)).error().reason == "NO_PERSON");
}

TEST_CASE("An RTMPose network sees red first, in ImageNet's scale, and answers in pixels",
          "[photograph]") {
  auto network = LoadKeypointNetwork(Data("rtmpose.onnx"), {});
  REQUIRE(network);
  CHECK((*network)->name() == "rtmpose");
  const auto estimate = (*network)->Estimate(SquareAt(184, 368, 300, 60, kRed));
  REQUIRE(estimate);
  for (const Keypoint& point : estimate->keypoints) {
    // The first of the largest: the square's upper left corner, to a pixel of the network's.
    CHECK(point.x == Approx(290).margin(3));
    CHECK(point.y == Approx(50).margin(3));
    CHECK(point.confidence == Approx(1).margin(2e-3));
  }
  const auto dark = (*network)->Estimate(SquareAt(184, 368, 300, 60, {128, 0, 0}));
  REQUIRE(dark);
  CHECK(dark->confidence == Approx(128 / 255.0).margin(2e-3));
  CHECK((*network)->Estimate(SquareAt(184, 368, 300, 60, kBlue)).error().reason == "NO_PERSON");
}

TEST_CASE("A Caffe network comes as two files of one name", "[photograph]") {
  const testing::TempDir folder;
  const auto weights = folder.path() / "cells.caffemodel";
  // No weights: a binary message without fields.
  std::ofstream(weights).close();
  CHECK(LoadKeypointNetwork(weights, {}).error().reason == "NO_NETWORK_FILE");
  // 21 heat maps: the three channels of the cells' means, seven times.
  std::string layers =
      "name: \"cells\" input: \"image\" input_dim: 1 input_dim: 3 input_dim: 368 input_dim: 368\n"
      "layer { name: \"mean\" type: \"Pooling\" bottom: \"image\" top: \"mean\"\n"
      "  pooling_param { pool: AVE kernel_size: 8 stride: 8 } }\n"
      "layer { name: \"maps\" type: \"Concat\" top: \"maps\" ";
  for (int i = 0; i < 7; ++i) layers += "bottom: \"mean\" ";
  std::ofstream(folder.path() / "cells.prototxt") << layers << "}\n";
  auto network = LoadKeypointNetwork(weights, {});
  REQUIRE(network);
  const auto estimate = (*network)->Estimate(SquareAt(368, 368, 200, 60, {255, 255, 255}));
  REQUIRE(estimate);
  CHECK(estimate->keypoints[17].x == Approx(200).margin(4));
  CHECK(estimate->keypoints[17].confidence == Approx(0.496).margin(1e-3));
}

TEST_CASE("A keypoint network of other outputs is refused with what it has", "[photograph]") {
  const auto few = LoadKeypointNetwork(Data("few_heat_maps.onnx"), {}).error();
  CHECK(few.code == Code::kInvalidArgument);
  CHECK(few.reason == "UNKNOWN_KEYPOINT_NETWORK");
  CHECK(few.message.find("maps [1, 18, 46, 46]") != std::string::npos);
  const auto simcc = LoadKeypointNetwork(Data("few_simcc.onnx"), {}).error();
  CHECK(simcc.message.find("simcc_x [1, 16, 384], simcc_y [1, 16, 512]") != std::string::npos);
  CHECK(LoadKeypointNetwork(Data("arcface.onnx"), {112, 112}).error().reason ==
        "UNKNOWN_KEYPOINT_NETWORK");
}

TEST_CASE("A file that is no network is refused, not believed", "[photograph]") {
  const testing::TempDir folder;
  std::ofstream(folder.path() / "noise.onnx") << "this is no network at all";
  std::ofstream(folder.path() / "noise.txt") << "this is no network at all";
  CHECK(DnnNetwork::Load(folder.path() / "noise.onnx").error().reason == "UNREADABLE_NETWORK");
  CHECK(DnnNetwork::Load(folder.path() / "noise.txt").error().reason == "UNREADABLE_NETWORK");
  CHECK(DnnNetwork::Load(folder.path() / "none.onnx").error().reason == "NO_NETWORK_FILE");
}

TEST_CASE("An output of another size than it is read in is an error, not read beyond",
          "[photograph]") {
  CHECK(RequireFloats(cv::Mat(1, 3, CV_32F), 3, "numbers"));
  const Status few = RequireFloats(cv::Mat(1, 3, CV_32F), 4, "numbers");
  REQUIRE_FALSE(few);
  CHECK(few.error().message.find("`numbers` must hold 4 floats. Given: 3") != std::string::npos);
  CHECK_FALSE(RequireFloats(cv::Mat(1, 3, CV_8U), 3, "numbers"));
}

TEST_CASE("A picture of another size than a network takes is an error, not a crash",
          "[photograph]") {
  const auto wrong = LoadKeypointNetwork(Data("rtmpose.onnx"), {100, 100});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("rtmpose.onnx") != std::string::npos);
}

}  // namespace
}  // namespace atelier::photograph
