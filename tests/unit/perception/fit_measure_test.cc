// How well the body fitter does: on rendered people, whose IUV is known, and on photographs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "imaging/picture_codec.h"
#include "people/fit/body_fitter.h"
#include "people/render/render.h"
#include "perception/face/face_finder.h"
#include "perception/fit/observation_of.h"
#include "perception/photograph/blaze_pose.h"

namespace atelier {
namespace {

const std::filesystem::path kRoot = ATELIER_SOURCE_DIR;

photograph::BlazePose& TheBlazePose() {
  INFO("`./dev setup` makes the networks for photographs");
  static const auto network = photograph::BlazePose::Load(kRoot / "models/photographs");
  REQUIRE(network.has_value());
  return **network;
}

bool FaceFound(const Image& picture, const Keypoints& keypoints) {
  INFO("`./dev setup` makes the networks for photographs");
  static const auto finder = perception::FaceFinder::Load(kRoot / "models/photographs");
  REQUIRE(finder.has_value());
  const auto face = (*finder)->Find(picture, &keypoints);
  REQUIRE(face);
  return face->has_value();
}

const std::shared_ptr<const people::Body>& TheBody() {
  static const auto body = people::Body::Load(ATELIER_PEOPLE_BODY);
  REQUIRE(body.has_value());
  return *body;
}

const people::BodyFitter& TheFitter() {
  static const people::BodyFitter fitter(TheBody());
  return fitter;
}

double Mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

/// ATELIER_FIT_PICTURES: a folder for pictures to look at; empty = none.
void Show(const std::string& name, const Image& picture, const Image& iuv) {
  const char* folder = std::getenv("ATELIER_FIT_PICTURES");
  if (folder == nullptr) return;
  constexpr uint8_t kPalette[6][3] = {{230, 60, 60},  {60, 180, 75},  {60, 100, 230},
                                      {250, 200, 30}, {200, 60, 220}, {40, 210, 210}};
  Image out(picture.height, picture.width * 2, 3);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t *rgb = picture.at(y, x), *place = iuv.at(y, x);
      uint8_t *left = out.at(y, x), *right = out.at(y, picture.width + x);
      const uint8_t* colour = kPalette[place[0] % 6];
      for (int c = 0; c < 3; ++c) {
        left[c] = rgb[c];
        right[c] = place[0] == 0 ? rgb[c] : static_cast<uint8_t>((rgb[c] + colour[c]) / 2);
      }
    }
  }
  const auto png = imaging::EncodePng(out);
  REQUIRE(png);
  std::ofstream(std::filesystem::path(folder) / (name + ".png"), std::ios::binary) << *png;
}

struct TimedFit {
  Result<people::BodyFit> fit;
  double milliseconds = 0;
};

TimedFit FitTo(const Image& picture, const perception::KeypointEstimate& estimate,
               const people::FitOptions& options = {}) {
  const auto observation = perception::ObservationOf(estimate);
  REQUIRE(observation);
  // Processor time: other programs do not count.
  const std::clock_t start = std::clock();
  auto fit = TheFitter().Fit(*observation, options);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return {std::move(fit), seconds * 1000};
}

struct IuvScore {
  double part_right = 0;  // share of the true person's pixels
  double body_iou = 0;
  double uv_off = 0;  // mean over pixels of the right part, 0..1
};

IuvScore Compare(const Image& iuv, const Image& truth) {
  double right = 0, person = 0, both = 0, either = 0, off = 0;
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    const uint8_t *a = &iuv.data[i], *b = &truth.data[i];
    both += a[0] != 0 && b[0] != 0;
    either += a[0] != 0 || b[0] != 0;
    if (b[0] == 0) continue;
    ++person;
    if (a[0] != b[0]) continue;
    ++right;
    off += (std::abs(a[1] - b[1]) + std::abs(a[2] - b[2])) / 510.0;
  }
  return {right / person, both / either, right == 0 ? 0 : off / right};
}

TEST_CASE("What BlazePose sees of a rendered person is fitted, from the front and from behind",
          "[photograph]") {
  for (const double yaw : {10.0, 175.0}) {
    const people::Rendering person =
        people::Render(*TheBody(), people::SamplePerson(*TheBody(), 3), people::SamplePose(3),
                       people::SampleView(3, {.yaw = yaw, .crop = people::Crop::kFull}));
    const auto seen = TheBlazePose().Estimate(person.rgb);
    INFO("yaw " << yaw);
    REQUIRE(seen);
    const TimedFit timed = FitTo(person.rgb, *seen);
    REQUIRE(timed.fit);
    CHECK(Compare(timed.fit->iuv, person.iuv).part_right > .75);
    CHECK(timed.fit->mask_iou > .75);
  }
}

TEST_CASE("An estimator without landmarks in the world or a mask cannot be fitted to",
          "[photograph]") {
  perception::KeypointEstimate estimate;
  const auto nothing = perception::ObservationOf(estimate);
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().reason == "NO_WORLD_LANDMARKS");
  estimate.landmarks.resize(33);
  estimate.world.resize(33);
  CHECK_FALSE(perception::ObservationOf(estimate));
  estimate.mask = Image(4, 4, 1);
  CHECK(perception::ObservationOf(estimate));
}

TEST_CASE("How near the fit's IUV is to the true one of fresh rendered people", "[.measure]") {
  const char* first_text = std::getenv("ATELIER_FIT_FIRST_SEED");
  const char* count_text = std::getenv("ATELIER_FIT_COUNT");
  const uint64_t first = first_text != nullptr ? std::strtoull(first_text, nullptr, 10) : 7100000;
  const int count = count_text != nullptr ? std::atoi(count_text) : 60;
  std::vector<double> part, iou, uv, time, mask_iou, right_way_part;
  int doubted = 0, wrong_way = 0, wrong_way_doubted = 0;
  for (int i = 0; i < count; ++i) {
    const uint64_t seed = first + static_cast<uint64_t>(i);
    const people::View view = people::SampleView(seed);
    const people::Rendering person =
        people::Render(*TheBody(), people::SamplePerson(*TheBody(), seed), people::SamplePose(seed),
                       view, {.height = 512, .width = 352});
    const auto seen = TheBlazePose().Estimate(person.rgb);
    if (!seen) {
      std::printf("%llu: %s\n", static_cast<unsigned long long>(seed), seen.error().reason.c_str());
      continue;
    }
    const TimedFit timed =
        FitTo(person.rgb, *seen, {.face_found = FaceFound(person.rgb, seen->keypoints)});
    if (!timed.fit) {
      std::printf("%llu: %s\n", static_cast<unsigned long long>(seed),
                  timed.fit.error().reason.c_str());
      continue;
    }
    const IuvScore score = Compare(timed.fit->iuv, person.iuv);
    part.push_back(score.part_right);
    iou.push_back(score.body_iou);
    uv.push_back(score.uv_off);
    time.push_back(timed.milliseconds);
    mask_iou.push_back(timed.fit->mask_iou);
    const auto& doubts = timed.fit->doubts;
    const bool doubtful = timed.fit->confidence < .5;
    const bool wrong = std::cos((timed.fit->yaw_degrees - static_cast<double>(view.yaw)) *
                                std::acos(-1.0) / 180) < 0;
    doubted += doubtful && !wrong;
    wrong_way += wrong;
    wrong_way_doubted += wrong && doubtful;
    if (!wrong) right_way_part.push_back(score.part_right);
    std::printf(
        "%llu: yaw %.0f fitted %.0f confidence %.2f doubts %zu part %.3f IoU %.3f UV %.3f mask "
        "%.3f, %.0f ms\n",
        static_cast<unsigned long long>(seed), static_cast<double>(view.yaw),
        timed.fit->yaw_degrees, timed.fit->confidence, doubts.size(), score.part_right,
        score.body_iou, score.uv_off, timed.fit->mask_iou, timed.milliseconds);
    Show(std::to_string(seed), person.rgb, timed.fit->iuv);
  }
  std::printf(
      "%zu of %d: part right %.3f, body IoU %.3f, U and V off by %.3f, mask IoU %.3f; %.0f ms "
      "(median), %.0f at most\n",
      part.size(), count, Mean(part), Mean(iou), Mean(uv), Mean(mask_iou), Quantile(time, .5),
      Quantile(time, 1));
  std::printf(
      "wrong way round %d, of which doubted %d; right way round %zu (part right %.3f), of which "
      "doubted %d\n",
      wrong_way, wrong_way_doubted, right_way_part.size(), Mean(right_way_part), doubted);
  CHECK(Mean(part) >= .86);
  CHECK(Mean(iou) >= .885);
  CHECK(Mean(uv) <= .052);
}

Image Load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto picture = imaging::DecodePicture(bytes, path.string());
  REQUIRE(picture);
  return *picture;
}

/// 18 lines "x y" in OpenPose's order, -1 = missing, in a frame of 176 x 256 whose x begins at 40.
Keypoints LoadKeypoints(const std::filesystem::path& path, const Image& picture) {
  Keypoints out;
  std::ifstream file(path);
  for (Keypoint& point : out) {
    float x = -1, y = -1;
    file >> x >> y;
    if (x < 0) continue;
    point = {(x - 40) * static_cast<float>(picture.width) / 176,
             y * static_cast<float>(picture.height) / 256, 1};
  }
  return out;
}

/// Distances over the height of the truth's box, of points that are in both.
std::vector<double> Distances(const Keypoints& keypoints, const Keypoints& truth) {
  float low = 1e9f, high = -1e9f;
  for (const Keypoint& point : truth) {
    if (point.confidence <= 0) continue;
    low = std::min(low, point.y);
    high = std::max(high, point.y);
  }
  std::vector<double> out;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (truth[i].confidence <= 0) continue;
    out.push_back(std::hypot(keypoints[i].x - truth[i].x, keypoints[i].y - truth[i].y) /
                  (high - low));
  }
  return out;
}

double ShareBelow(const std::vector<double>& values, double limit) {
  return static_cast<double>(
             std::count_if(values.begin(), values.end(), [&](double v) { return v < limit; })) /
         static_cast<double>(std::max<size_t>(1, values.size()));
}

/// ATELIER_PHOTOGRAPHS: a folder of pictures, with NAME.keypoints.txt beside those whose keypoints
/// are known.
TEST_CASE("How well the fit covers the people of photographs", "[.measure]") {
  const char* folder = std::getenv("ATELIER_PHOTOGRAPHS");
  REQUIRE(folder != nullptr);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".jpg" || extension == ".png") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<double> iou, time, off, blaze_off;
  const auto landmarks_of = [](const perception::KeypointEstimate& seen) {
    Keypoints out;
    for (size_t i = 0; i < out.size(); ++i) {
      const int from = perception::kLandmarkOfKeypoint[i];
      const perception::BodyLandmark &a = seen.landmarks[static_cast<size_t>(from < 0 ? 11 : from)],
                                     &b = seen.landmarks[static_cast<size_t>(from < 0 ? 12 : from)];
      out[i] = {(a.x + b.x) / 2, (a.y + b.y) / 2, 1};
    }
    return out;
  };
  for (const auto& file : files) {
    const std::string name = file.stem().string();
    const Image picture = Load(file);
    const auto seen = TheBlazePose().Estimate(picture);
    if (!seen) {
      std::printf("%s: %s\n", name.c_str(), seen.error().message.c_str());
      continue;
    }
    const TimedFit timed =
        FitTo(picture, *seen, {.face_found = FaceFound(picture, seen->keypoints)});
    if (!timed.fit) {
      std::printf("%s: %s\n", name.c_str(), timed.fit.error().message.c_str());
      continue;
    }
    const people::BodyFit& fit = *timed.fit;
    iou.push_back(fit.mask_iou);
    time.push_back(timed.milliseconds);
    std::printf("%s: %dx%d mask %.3f reprojection %.4f confidence %.2f doubts %zu, %.0f ms",
                name.c_str(), picture.width, picture.height, fit.mask_iou, fit.reprojection_error,
                fit.confidence, fit.doubts.size(), timed.milliseconds);
    auto known = file;
    known.replace_extension(".keypoints.txt");
    if (std::filesystem::exists(known)) {
      const Keypoints truth = LoadKeypoints(known, picture);
      const std::vector<double> fitted = Distances(fit.keypoints, truth);
      const std::vector<double> blaze = Distances(landmarks_of(*seen), truth);
      std::printf(" PCK@.05 %.2f @.1 %.2f", ShareBelow(fitted, .05), ShareBelow(fitted, .1));
      off.insert(off.end(), fitted.begin(), fitted.end());
      blaze_off.insert(blaze_off.end(), blaze.begin(), blaze.end());
    }
    std::printf("\n");
    Show(name, picture, fit.iuv);
  }
  std::printf(
      "%zu of %zu: mask IoU %.3f (least %.3f); %zu keypoints: PCK@.05 %.3f @.1 %.3f, BlazePose's "
      "own %.3f %.3f; %.0f ms (median), %.0f at most\n",
      iou.size(), files.size(), Mean(iou), Quantile(iou, 0), off.size(), ShareBelow(off, .05),
      ShareBelow(off, .1), ShareBelow(blaze_off, .05), ShareBelow(blaze_off, .1),
      Quantile(time, .5), Quantile(time, 1));
  CHECK(Mean(iou) >= .86);
  if (!off.empty()) CHECK(ShareBelow(off, .1) >= .96);
}

}  // namespace
}  // namespace atelier
