// The converted networks on rendered people, about whom everything is known. They were trained on
// photographs; that they see rendered people at all is what makes them testable here.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <optional>
#include <random>
#include <vector>

#include "engine/perception.h"
#include "imaging/picture_codec.h"
#include "people/render/render.h"
#include "perception/face/face_alignment.h"
#include "perception/face/face_finder.h"
#include "perception/photograph/blaze_pose.h"
#include "perception/selection/pose_estimator_selector.h"

namespace atelier {
namespace {

using people::Rendering;

const std::filesystem::path kRoot = ATELIER_SOURCE_DIR;
const std::filesystem::path kNetworks = kRoot / "models/photographs";
constexpr const char* kPeople[] = {"ada", "ben", "cleo", "dev", "esme", "finn", "gita", "hugo"};

photograph::BlazePose& TheBlazePose() {
  INFO("`./dev setup` makes the networks for photographs");
  static const auto network = photograph::BlazePose::Load(kNetworks);
  REQUIRE(network.has_value());
  return **network;
}

perception::FaceFinder& TheFaceFinder() {
  INFO("`./dev setup` makes the networks for photographs");
  static const auto finder = perception::FaceFinder::Load(kNetworks);
  REQUIRE(finder.has_value());
  return **finder;
}

Rendering RenderPerson(uint64_t seed, people::ViewOptions view = {}) {
  static const auto body = people::Body::Load(ATELIER_PEOPLE_BODY);
  REQUIRE(body.has_value());
  return people::Render(**body, people::SamplePerson(**body, seed), people::SamplePose(seed + 7),
                        people::SampleView(seed + 9, view));
}

Image Example(const std::string& name) {
  std::ifstream file(kRoot / "examples" / name, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  return imaging::DecodePicture(bytes, "example").value();
}

/// Mean distance in pixels of the points that the truth calls visible and `keypoints` has.
std::optional<double> MeanDistance(const Keypoints& keypoints, const Keypoints& truth) {
  double sum = 0;
  int count = 0;
  for (int i = 0; i < kKeypointCount; ++i) {
    if (truth[i].confidence < 1 || keypoints[i].confidence <= 0) continue;
    sum += std::hypot(keypoints[i].x - truth[i].x, keypoints[i].y - truth[i].y);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

/// Intersection over union of two masks, each cut at one half.
double MaskOverlap(const Image& a, const Image& b) {
  int both = 0, either = 0;
  for (size_t i = 0; i < a.data.size(); ++i) {
    both += a.data[i] >= 128 && b.data[i] >= 128;
    either += a.data[i] >= 128 || b.data[i] >= 128;
  }
  return static_cast<double>(both) / either;
}

/// A quarter turn clockwise: the pixel at (x, y) goes to (height - 1 - y, x).
Image TurnClockwise(const Image& image) {
  Image turned(image.width, image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      std::copy_n(image.at(y, x), image.channels, turned.at(x, image.height - 1 - y));
    }
  }
  return turned;
}

TEST_CASE("BlazePose finds rendered people within a few pixels, with their outlines",
          "[photograph]") {
  double total = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const Rendering person = RenderPerson(seed, {.yaw = 20.0, .crop = people::Crop::kFull});
    const auto estimate = TheBlazePose().Estimate(person.rgb);
    INFO("seed " << seed);
    REQUIRE(estimate);
    // The detector's score is part of it, which is 0.97 at least here; the presences are 1.
    CHECK(estimate->confidence > 0.95f);
    const auto distance = MeanDistance(estimate->keypoints, person.keypoints);
    REQUIRE(distance);
    CHECK(*distance < 6);
    total += *distance;
    CHECK(MaskOverlap(estimate->mask, person.mask) > 0.85);
    REQUIRE(estimate->landmarks.size() == 33);
    // From head to ankles in metres, y down: a person, and none on the head.
    REQUIRE(estimate->world.size() == 33);
    const float tall = (estimate->world[27].y + estimate->world[28].y) / 2 - estimate->world[0].y;
    CHECK(tall > 1.1f);
    CHECK(tall < 1.9f);
  }
  CHECK(total / 8 < 4.5);
}

TEST_CASE("Left and right are the person's own, seen from the front and from behind",
          "[photograph]") {
  for (const double yaw : {0.0, 180.0}) {
    const Rendering person = RenderPerson(3, {.yaw = yaw, .crop = people::Crop::kFull});
    const auto estimate = TheBlazePose().Estimate(person.rgb);
    REQUIRE(estimate);
    const bool truth = person.keypoints[2].x < person.keypoints[5].x;
    CHECK(truth == (yaw == 0.0));
    CHECK((estimate->keypoints[2].x < estimate->keypoints[5].x) == truth);
  }
}

TEST_CASE("Nobody is seen in grey, in noise and in a picture of stripes", "[photograph]") {
  Image noise(256, 176, 3), stripes(256, 176, 3);
  std::mt19937 random(5);
  for (uint8_t& value : noise.data) value = static_cast<uint8_t>(random());
  for (size_t i = 0; i < stripes.data.size(); ++i) stripes.data[i] = i / 60 % 2 == 0 ? 30 : 220;
  for (const Image& picture : {Image(256, 176, 3, 128), noise, stripes, Image(16, 16, 3, 255)}) {
    const auto estimate = TheBlazePose().Estimate(picture);
    REQUIRE_FALSE(estimate);
    CHECK(estimate.error().code == Code::kFailedPrecondition);
    CHECK(estimate.error().reason == "NO_PERSON");
    CHECK_FALSE(TheFaceFinder().Find(picture, nullptr).value());
  }
}

TEST_CASE("A picture on its side gives the same skeleton on its side", "[photograph]") {
  const Image upright = Example("people/ada.png");
  const auto first = TheBlazePose().Estimate(upright);
  const auto second = TheBlazePose().Estimate(TurnClockwise(upright));
  REQUIRE(first);
  REQUIRE(second);
  for (int i = 0; i < kKeypointCount; ++i) {
    const Keypoint &a = first->keypoints[i], &b = second->keypoints[i];
    INFO(kKeypointNames[i]);
    REQUIRE(a.confidence > 0);
    REQUIRE(b.confidence > 0);
    CHECK(std::hypot(b.x - (static_cast<float>(upright.height) - a.y), b.y - a.x) < 4);
  }
  CHECK(MaskOverlap(TurnClockwise(first->mask), second->mask) > 0.93);
}

TEST_CASE("People in the corner of a wide picture are found there, by a second look as exactly",
          "[photograph]") {
  double sum = 0;
  int found = 0, points = 0;
  for (const char* name : kPeople) {
    const Image person = Example(std::string("people/") + name + ".png");
    Image wide(400, 900, 3, 200);
    for (int y = 0; y < person.height; ++y) {
      std::copy_n(person.at(y, 0), static_cast<ptrdiff_t>(person.width) * 3, wide.at(y + 120, 690));
    }
    const auto alone = TheBlazePose().Estimate(person);
    const auto inside = TheBlazePose().Estimate(wide);
    REQUIRE(alone);
    if (!inside) continue;
    ++found;
    for (int i = 0; i < kKeypointCount; ++i) {
      const Keypoint &a = alone->keypoints[i], &b = inside->keypoints[i];
      if (a.confidence <= 0 || b.confidence <= 0) continue;
      sum += std::hypot(b.x - 690 - a.x, b.y - 120 - a.y);
      ++points;
    }
  }
  CHECK(found >= 7);
  // 1.07 pixels; one look alone gives 1.55.
  CHECK(sum / points < 1.3);
}

TEST_CASE("Of two people the one that is asked for is read", "[photograph]") {
  // One of them half as large as the other, beside her.
  const Image large = Example("people/ada.png"), small = Example("people/ben.png");
  Image both(large.height, large.width * 2, 3, 200);
  for (int y = 0; y < large.height; ++y) {
    std::copy_n(large.at(y, 0), static_cast<ptrdiff_t>(large.width) * 3, both.at(y, 0));
  }
  for (int y = 0; y < small.height / 2; ++y) {
    for (int x = 0; x < small.width / 2; ++x) {
      std::copy_n(small.at(2 * y, 2 * x), 3,
                  both.at(y + large.height / 4, x + large.width + large.width / 4));
    }
  }
  const auto middle = [&](const perception::PersonWanted& wanted) {
    const auto estimate = TheBlazePose().EstimateOne(both, wanted);
    REQUIRE(estimate);
    CHECK(estimate->people == 1);
    return estimate->keypoints[1].x;  // the neck
  };
  const auto width = static_cast<float>(large.width), height = static_cast<float>(large.height);
  CHECK(middle({.index = 0, .box = {}}) < width);
  CHECK(middle({.index = 1, .box = {}}) > width);
  using Box = perception::PersonWanted::Box;
  CHECK(middle({.index = 0, .box = Box{0, 0, width, height}}) < width);
  CHECK(middle({.index = 0, .box = Box{1.25f * width, 0, 1.75f * width, height}}) > width);

  const auto third = TheBlazePose().EstimateOne(both, {.index = 2, .box = {}});
  REQUIRE_FALSE(third);
  CHECK(third.error().code == Code::kInvalidArgument);
  CHECK(third.error().field == "person.index");
  const auto nowhere =
      TheBlazePose().EstimateOne(both, {.index = 0, .box = Box{-900, -900, -800, -800}});
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().field == "person.box");
}

TEST_CASE("The example people stay with the model's own network", "[photograph]") {
  const auto folder = kRoot / "models/atelier-mini";
  auto model = engine::PoseEstimator::Load(folder);
  REQUIRE(model);
  perception::PhotographNetworks photographs;
  photographs.keypoints = std::move(photograph::BlazePose::Load(kNetworks).value());
  perception::PoseEstimatorSelector selector(std::move(*model), "mini", std::move(photographs));
  for (const char* name : kPeople) {
    INFO(name);
    const auto seen = selector.Estimate(Example(std::string("people/") + name + ".png"),
                                        perception::EstimatorChoice::kAuto);
    REQUIRE(seen);
    CHECK(seen->body_estimator == "mini");
  }
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

TEST_CASE("How sure the model is of rendered people, and how far off it and BlazePose are",
          "[.measure]") {
  auto model = engine::PoseEstimator::Load(kRoot / "models/atelier-mini");
  REQUIRE(model);
  for (const auto crop : {people::Crop::kFull, people::Crop::kAny, people::Crop::kUpper}) {
    constexpr int kCount = 150;
    int seen = 0;
    // [0] where the model is unsure, [1] where it is sure.
    std::array<std::vector<double>, 2> model_off, blaze_off;
    for (uint64_t seed = 50000; seed < 50000 + kCount; ++seed) {
      Rendering person = RenderPerson(seed, {.crop = crop});
      for (Keypoint& point : person.keypoints) point.confidence = point.confidence > 0 ? 1 : 0;
      const auto estimate = (*model)->Estimate(person.rgb);
      REQUIRE(estimate);
      const bool sure = perception::SureOfKeypoints(estimate->keypoints);
      model_off[sure].push_back(
          MeanDistance(estimate->keypoints, person.keypoints).value_or(person.rgb.height));
      const auto blaze = TheBlazePose().Estimate(person.rgb);
      if (!blaze) continue;
      ++seen;
      blaze_off[sure].push_back(
          MeanDistance(blaze->keypoints, person.keypoints).value_or(person.rgb.height));
    }
    WARN("sure of " << model_off[1].size() << " of " << kCount << ", BlazePose sees " << seen
                    << "; off where sure " << Median(model_off[1]) << ", " << Median(blaze_off[1])
                    << "; where unsure " << Median(model_off[0]) << ", " << Median(blaze_off[0]));
    CHECK(model_off[1].size() > kCount / 2);
  }
}

TEST_CASE("Faces are found where they are, eyes left and right of the nose", "[photograph]") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const Rendering person = RenderPerson(seed, {.yaw = 10.0, .crop = people::Crop::kFull});
    INFO("seed " << seed);
    REQUIRE(person.face_visible);
    const auto face = TheFaceFinder().Find(person.rgb, &person.keypoints);
    REQUIRE(face);
    REQUIRE(face->has_value());
    const perception::FoundFace& found = **face;
    const double height = person.face.bottom - person.face.top;
    CHECK(std::abs(found.box.left + found.box.right - person.face.left - person.face.right) / 2 <
          0.25 * height);
    CHECK(std::abs(found.box.top + found.box.bottom - person.face.top - person.face.bottom) / 2 <
          0.25 * height);
    CHECK(found.box.right - found.box.left == Approx(found.box.bottom - found.box.top));
    REQUIRE(found.points.size() >= 4);
    // OpenPose's right eye, left eye and nose.
    for (const auto& [point, keypoint] : {std::pair{0, 14}, {1, 15}, {2, 0}}) {
      const Keypoint& truth = person.keypoints[keypoint];
      CHECK(std::hypot(found.points[point].x - truth.x, found.points[point].y - truth.y) <
            0.15 * height);
    }
  }
}

TEST_CASE("The back of a head is no face", "[photograph]") {
  int faces = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const Rendering person = RenderPerson(seed, {.yaw = 180.0, .crop = people::Crop::kFull});
    REQUIRE_FALSE(person.face_visible);
    faces += TheFaceFinder().Find(person.rgb, &person.keypoints).value().has_value();
  }
  CHECK(faces <= 1);
}

TEST_CASE("An aligned face has its eyes where ArcFace wants them", "[photograph]") {
  const Rendering person = RenderPerson(2, {.yaw = 10.0, .crop = people::Crop::kUpper});
  const auto face = TheFaceFinder().Find(person.rgb, &person.keypoints);
  REQUIRE(face);
  REQUIRE(face->has_value());
  CHECK((*face)->has_mesh());
  const Image aligned = perception::AlignFace(person.rgb, (*face)->points);
  REQUIRE(aligned.width == 112);
  // Found again in the aligned face, the points lie on the template, as far as five points of
  // another face can: within a few pixels.
  const auto again = TheFaceFinder().Find(aligned, nullptr);
  REQUIRE(again);
  REQUIRE(again->has_value());
  CHECK((*again)->points[0].x == Approx(38.3).margin(6));
  CHECK((*again)->points[0].y == Approx(51.7).margin(6));
  CHECK((*again)->points[1].x == Approx(73.5).margin(6));
  CHECK((*again)->points[1].y == Approx(51.5).margin(6));
}

TEST_CASE("A folder without the networks says which file is missing", "[photograph]") {
  const auto none = photograph::BlazePose::Load(kRoot / "docs");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::kNotFound);
  CHECK(none.error().message.find("pose_detection.onnx") != std::string::npos);
}

}  // namespace
}  // namespace atelier
