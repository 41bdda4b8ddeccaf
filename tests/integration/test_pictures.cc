#include "integration/test_pictures.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/body.h"

namespace atelier::testing {

namespace {

struct Patch {
  BodyPart part;
  cv::Rect box;
};

/// A person seen from the front. Its right is the picture's left.
const std::vector<Patch>& Patches() {
  static const std::vector<Patch> patches = {
      {BodyPart::kRightHead, {38, 6, 10, 24}},
      {BodyPart::kLeftHead, {48, 6, 10, 24}},
      {BodyPart::kTorsoFront, {32, 30, 32, 40}},
      {BodyPart::kRightUpperArmFront, {22, 32, 10, 20}},
      {BodyPart::kLeftUpperArmFront, {64, 32, 10, 20}},
      {BodyPart::kRightLowerArmFront, {22, 52, 10, 18}},
      {BodyPart::kLeftLowerArmFront, {64, 52, 10, 18}},
      {BodyPart::kRightHand, {22, 70, 10, 8}},
      {BodyPart::kLeftHand, {64, 70, 10, 8}},
      {BodyPart::kRightUpperLegFront, {34, 70, 13, 24}},
      {BodyPart::kLeftUpperLegFront, {49, 70, 13, 24}},
      {BodyPart::kRightLowerLegFront, {34, 94, 13, 22}},
      {BodyPart::kLeftLowerLegFront, {49, 94, 13, 22}},
      {BodyPart::kRightFoot, {32, 116, 15, 8}},
      {BodyPart::kLeftFoot, {49, 116, 15, 8}},
  };
  return patches;
}

std::string Encode(const cv::Mat& bgr) {
  std::vector<uchar> png;
  cv::imencode(".png", bgr, png);
  return {png.begin(), png.end()};
}

}  // namespace

std::string PersonPng(int look) {
  cv::Mat picture(kPersonHeight, kPersonWidth, CV_8UC3, cv::Scalar(200, 190, 180));
  for (const Patch& patch : Patches()) {
    const int part = static_cast<int>(patch.part);
    const cv::Scalar colour(part * 9 % 256, (part * 37 + look * 61) % 256, (255 - part * 7) % 256);
    cv::rectangle(picture, patch.box, colour, cv::FILLED);
  }
  return Encode(picture);
}

std::string PersonIuvPng(int shift) {
  cv::Mat iuv(kPersonHeight, kPersonWidth, CV_8UC3, cv::Scalar::all(0));
  for (const Patch& patch : Patches()) {
    for (int y = 0; y < patch.box.height; ++y) {
      for (int x = 0; x < patch.box.width; ++x) {
        const auto u = static_cast<uchar>(255 * x / (patch.box.width - 1));
        const auto v = static_cast<uchar>(255 - 255 * y / (patch.box.height - 1));
        // OpenCV writes (B, G, R).
        iuv.at<cv::Vec3b>(patch.box.y + y, patch.box.x + x + shift) = {
            v, u, static_cast<uchar>(patch.part)};
      }
    }
  }
  return Encode(iuv);
}

std::string BlackIuvPng() {
  return Encode(cv::Mat(kPersonHeight, kPersonWidth, CV_8UC3, cv::Scalar::all(0)));
}

std::string ReversedPng(const std::string& png) {
  cv::Mat picture = cv::imdecode(std::vector<uchar>(png.begin(), png.end()), cv::IMREAD_COLOR);
  for (auto it = picture.begin<cv::Vec3b>(); it != picture.end<cv::Vec3b>(); ++it) {
    std::swap((*it)[0], (*it)[2]);
  }
  return Encode(picture);
}

std::vector<uint8_t> PixelsOf(const std::string& bytes) {
  const cv::Mat picture =
      cv::imdecode(std::vector<uchar>(bytes.begin(), bytes.end()), cv::IMREAD_COLOR);
  return picture.reshape(1, 1).clone();
}

std::array<int, 3> PixelOf(const std::string& bytes, int y, int x) {
  const cv::Mat picture =
      cv::imdecode(std::vector<uchar>(bytes.begin(), bytes.end()), cv::IMREAD_COLOR);
  if (picture.empty()) return {-1, -1, -1};
  const auto& bgr = picture.at<cv::Vec3b>(y, x);
  return {bgr[2], bgr[1], bgr[0]};
}

std::string FlatPng(int height, int width) {
  return Encode(cv::Mat(height, width, CV_8UC3, cv::Scalar(10, 120, 200)));
}

Size SizeOf(const std::string& bytes) {
  const cv::Mat picture =
      cv::imdecode(std::vector<uchar>(bytes.begin(), bytes.end()), cv::IMREAD_COLOR);
  return {picture.rows, picture.cols};
}

v1::SynthesisSpec PersonSpec(int steps) {
  v1::SynthesisSpec spec;
  spec.mutable_source()->set_data(PersonPng());
  spec.mutable_pose_iuv()->set_data(PersonIuvPng());
  spec.set_iuv_chart("atelier");
  spec.set_steps(steps);
  spec.set_guidance(1);
  spec.set_seed(7);
  return spec;
}

v1::SynthesisSpec SlowSpec() {
  v1::SynthesisSpec spec = PersonSpec(200);
  spec.set_height(256);
  spec.set_width(256);
  return spec;
}

}  // namespace atelier::testing
