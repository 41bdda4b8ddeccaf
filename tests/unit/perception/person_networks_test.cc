// Who is a person to the default model's network and to BlazePose: people, landscapes, noise.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <opencv2/imgproc.hpp>
#include <random>
#include <set>

#include "engine/perception.h"
#include "imaging/picture_codec.h"
#include "imaging/view_of.h"
#include "people/render/render.h"
#include "perception/photograph/blaze_pose.h"
#include "perception/photograph/roi.h"
#include "perception/selection/pose_estimator_selector.h"

namespace atelier {
namespace {

const std::filesystem::path kRoot = ATELIER_SOURCE_DIR;
constexpr const char* kPeople[] = {"ada", "ben", "cleo", "dev", "esme", "finn", "gita", "hugo"};

std::unique_ptr<engine::PoseEstimator> TheModel() {
  auto model = engine::PoseEstimator::Load(kRoot / "models/atelier-mini");
  REQUIRE(model);
  return std::move(*model);
}

/// The default model's network, with BlazePose and alone.
perception::PoseEstimatorSelector& BothEstimators() {
  INFO("`./dev setup` makes the networks for photographs");
  static perception::PoseEstimatorSelector selector = [] {
    auto blaze = photograph::BlazePose::Load(kRoot / "models/photographs");
    REQUIRE(blaze);
    return perception::PoseEstimatorSelector(TheModel(), "mini", {std::move(*blaze), nullptr});
  }();
  return selector;
}

perception::PoseEstimatorSelector& ModelEstimator() {
  static perception::PoseEstimatorSelector selector(TheModel(), "mini", {});
  return selector;
}

Image Load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  return imaging::DecodePicture(bytes, path.string()).value();
}

Image Person(const std::string& name) { return Load(kRoot / "examples/people" / (name + ".png")); }

void Paste(const Image& from, int top, int left, Image& into) {
  for (int y = 0; y < from.height; ++y) {
    std::copy_n(from.at(y, 0), static_cast<ptrdiff_t>(from.width) * 3, into.at(top + y, left));
  }
}

Image Resized(const Image& image, int height) {
  const int width = std::max(1, image.width * height / image.height);
  Image resized(height, width, 3);
  cv::Mat to(height, width, CV_8UC3, resized.data.data());
  cv::resize(imaging::ViewOf(image), to, to.size(), 0, 0, cv::INTER_AREA);
  return resized;
}

/// Before a wall of the colour of the picture's first pixel.
Image Wall(int height, int width, const Image& like) {
  Image wall(height, width, 3);
  for (size_t i = 0; i < wall.data.size(); ++i) wall.data[i] = like.data[i % 3];
  return wall;
}

Image SideBySide(const Image& left, const Image& right) {
  Image both = Wall(std::max(left.height, right.height), left.width + right.width, left);
  Paste(left, both.height - left.height, 0, both);
  Paste(right, both.height - right.height, left.width, both);
  return both;
}

Image Cut(const Image& picture, cv::Rect rect) {
  Image cut(rect.height, rect.width, 3);
  for (int y = 0; y < rect.height; ++y) {
    std::copy_n(picture.at(rect.y + y, rect.x), static_cast<ptrdiff_t>(rect.width) * 3,
                cut.at(y, 0));
  }
  return cut;
}

/// A sky and a few ridges of hills before it.
Image Landscape(uint32_t seed, int height, int width) {
  std::mt19937 random(seed);
  const auto draw = [&](int from, int to) {
    return from + static_cast<int>(random() % static_cast<uint32_t>(to - from));
  };
  Image picture(height, width, 3);
  const int sky[3] = {draw(60, 200), draw(90, 220), draw(150, 255)};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        picture.at(y, x)[c] = static_cast<uint8_t>(std::min(sky[c] + 60 * y / height, 255));
      }
    }
  }
  for (int ridge = 0; ridge < 4; ++ridge) {
    const uint8_t hill[3] = {static_cast<uint8_t>(draw(20, 180)),
                             static_cast<uint8_t>(draw(20, 180)),
                             static_cast<uint8_t>(draw(20, 180))};
    double waves[5][2];
    for (auto& wave : waves) {
      wave[0] = draw(0, 628) / 100.0;
      wave[1] = draw(-100, 100) / 1000.0;
    }
    for (int x = 0; x < width; ++x) {
      double top = 0.3 + 0.17 * ridge;
      for (int k = 0; k < 5; ++k) {
        top += waves[k][1] / (k + 1) * std::sin(waves[k][0] + 12.0 * (k + 1) * x / width);
      }
      for (int y = std::clamp(static_cast<int>(top * height), 0, height); y < height; ++y) {
        for (int c = 0; c < 3; ++c) {
          picture.at(y, x)[c] = static_cast<uint8_t>(hill[c] + random() % 12);
        }
      }
    }
  }
  return picture;
}

/// Every pixel another colour, then smoothed over `smooth` pixels.
Image Noise(uint32_t seed, int height, int width, int smooth) {
  std::mt19937 random(seed);
  Image noise(height, width, 3);
  for (uint8_t& value : noise.data) value = static_cast<uint8_t>(random());
  if (smooth < 1) return noise;
  cv::Mat pixels(height, width, CV_8UC3, noise.data.data());
  cv::blur(pixels, pixels, {smooth, smooth});
  cv::normalize(pixels, pixels, 0, 255, cv::NORM_MINMAX);
  return noise;
}

std::map<std::string, Image> PicturesOfNobody() {
  constexpr int kSizes[][2] = {{256, 176}, {176, 256}, {384, 384}};
  std::map<std::string, Image> pictures;
  for (uint32_t seed = 0; seed < 6; ++seed) {
    const auto& [height, width] = kSizes[seed % 3];
    const std::string number = std::to_string(seed);
    pictures["landscape " + number] = Landscape(seed, height, width);
    pictures["noise " + number] = Noise(seed, height, width, static_cast<int>(seed * 4));
  }
  pictures["grey"] = Image(256, 176, 3, 128);
  return pictures;
}

/// Reasons of the warnings about the person that `selector` finds; "NO_PERSON" alone without one.
std::set<std::string> ReasonsOf(
    perception::PoseEstimatorSelector& selector, const Image& picture,
    perception::EstimatorChoice choice = perception::EstimatorChoice::kAuto) {
  const auto estimate = selector.Estimate(picture, choice);
  if (!estimate) return {estimate.error().reason};
  std::set<std::string> reasons;
  for (const Warning& warning : WarningsOf(estimate->person, "picture"))
    reasons.insert(warning.reason);
  return reasons;
}

TEST_CASE("Nobody is seen in landscapes and noise, with and without networks for photographs",
          "[person]") {
  for (const auto& [name, picture] : PicturesOfNobody()) {
    INFO(name);
    CHECK(ReasonsOf(BothEstimators(), picture) == std::set<std::string>{"NO_PERSON"});
    CHECK(ReasonsOf(ModelEstimator(), picture) == std::set<std::string>{"NO_PERSON"});
  }
}

TEST_CASE("Nothing is said against people as the model was made for", "[person]") {
  for (const char* name : kPeople) {
    INFO(name);
    CHECK(ReasonsOf(BothEstimators(), Person(name)).empty());
    CHECK(ReasonsOf(ModelEstimator(), Person(name)).empty());
  }
}

/// Share of the pixels of either person for which both IUVs have the same part.
double SameParts(const Image& a, const Image& b) {
  int same = 0, either = 0;
  for (size_t i = 0; i < a.data.size(); i += 3) {
    either += a.data[i] != 0 || b.data[i] != 0;
    same += a.data[i] != 0 && a.data[i] == b.data[i];
  }
  return either == 0 ? 0 : static_cast<double>(same) / either;
}

TEST_CASE("Of two people side by side the larger one is read as if they were alone", "[person]") {
  for (int i = 0; i < 4; ++i) {
    const Image large = Person(kPeople[i]);
    const Image small = Resized(Person(kPeople[(i + 3) % 8]), 180);
    INFO(kPeople[i]);
    const Image both = i % 2 == 0 ? SideBySide(large, small) : SideBySide(small, large);
    CHECK(ReasonsOf(BothEstimators(), both).count("SEVERAL_PEOPLE") == 1);
    const auto estimate = BothEstimators().Estimate(both, perception::EstimatorChoice::kAuto);
    REQUIRE(estimate);
    const auto alone = BothEstimators().Estimate(large, perception::EstimatorChoice::kAuto);
    REQUIRE(alone);
    const int left = i % 2 == 0 ? 0 : small.width;
    const Image part = Cut(estimate->iuv, {left, 0, large.width, large.height});
    CHECK(SameParts(part, alone->iuv) > 0.75);
  }
}

TEST_CASE("A person on the head is read as on the feet, and said to be upside down", "[person]") {
  for (const char* name : {"ada", "dev"}) {
    INFO(name);
    const Image upright = Person(name);
    const Image turned = perception::CutFrame(upright, perception::WholePicture(upright, 2));
    for (perception::PoseEstimatorSelector* selector : {&BothEstimators(), &ModelEstimator()}) {
      CHECK(ReasonsOf(*selector, turned) == std::set<std::string>{"PERSON_UPSIDE_DOWN"});
      const auto estimate = selector->Estimate(turned, perception::EstimatorChoice::kAuto);
      const auto known = selector->Estimate(upright, perception::EstimatorChoice::kAuto);
      REQUIRE(estimate);
      REQUIRE(known);
      const Image back =
          perception::CutFrame(estimate->iuv, perception::WholePicture(estimate->iuv, 2));
      CHECK(SameParts(back, known->iuv) > 0.75);
    }
  }
}

TEST_CASE("People without legs or a half are said to be cut off, whole ones and feet are not",
          "[person]") {
  int without_legs = 0, without_feet = 0, half = 0;
  for (const char* name : kPeople) {
    const Image person = Person(name);
    const auto cut = [&](cv::Rect rect) {
      return static_cast<int>(
          ReasonsOf(BothEstimators(), Cut(person, rect)).count("PERSON_CUT_OFF"));
    };
    without_legs += cut({0, 0, person.width, person.height * 55 / 100});
    without_feet += cut({0, 0, person.width, person.height * 86 / 100});
    half += cut({person.width / 2, 0, person.width / 2, person.height});
  }
  CHECK(without_legs == 8);
  CHECK(without_feet <= 1);
  CHECK(half >= 5);
}

TEST_CASE("A person who is small in a large picture is found, and said to be small", "[person]") {
  int found = 0, small = 0;
  for (const char* name : {"ada", "cleo", "finn", "hugo"}) {
    const Image person = Resized(Person(name), 88);
    Image picture = Wall(400, 400, person);
    Paste(person, 250, 220, picture);
    const auto said = ReasonsOf(BothEstimators(), picture);
    const auto estimate = BothEstimators().Estimate(picture, perception::EstimatorChoice::kAuto);
    found += estimate && !estimate->iuv.empty();
    small += static_cast<int>(said.count("PERSON_SMALL"));
  }
  CHECK(found == 4);
  CHECK(small == 4);
}

TEST_CASE("How well the parts of people of a height are read, before a wall of 256 pixels",
          "[.measure]") {
  for (const int height : {32, 48, 64, 80, 96, 128, 192, 256}) {
    double same = 0;
    int seen_count = 0;
    for (const char* name : kPeople) {
      const Image whole = Person(name);
      const auto alone = BothEstimators().Estimate(whole, perception::EstimatorChoice::kAuto);
      REQUIRE(alone);
      const Image person = Resized(whole, height);
      Image picture = Wall(256, 256, person);
      Paste(person, (256 - height) / 2, (256 - person.width) / 2, picture);
      const auto estimate = BothEstimators().Estimate(picture, perception::EstimatorChoice::kAuto);
      if (!estimate) continue;
      ++seen_count;
      Image truth(person.height, person.width, 3);
      for (int y = 0; y < truth.height; ++y) {
        for (int x = 0; x < truth.width; ++x) {
          std::copy_n(alone->iuv.at(y * whole.height / height, x * whole.width / person.width), 3,
                      truth.at(y, x));
        }
      }
      if (estimate->iuv.empty()) continue;
      same += SameParts(truth, Cut(estimate->iuv, {(256 - person.width) / 2, (256 - height) / 2,
                                                   person.width, height}));
    }
    std::printf("%d pixels: %d of 8 seen, %.2f of the parts as in the whole picture\n", height,
                seen_count, seen_count == 0 ? 0 : same / seen_count);
    std::fflush(stdout);
  }
  SUCCEED();
}

/// Each folder of ATELIER_PERSON_PICTURES: a line of how often what is said.
TEST_CASE("What is said of the people in folders of pictures", "[.measure]") {
  const char* root = std::getenv("ATELIER_PERSON_PICTURES");
  REQUIRE(root != nullptr);
  std::map<std::string, std::vector<std::filesystem::path>> folders;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    folders[entry.path().parent_path().filename().string()].push_back(entry.path());
  }
  for (perception::PoseEstimatorSelector* selector : {&BothEstimators(), &ModelEstimator()}) {
    for (const auto& [folder, files] : folders) {
      std::map<std::string, int> said;
      std::vector<double> confidences, heights, parts;
      for (const auto& file : files) {
        const auto estimate = selector->Estimate(Load(file), perception::EstimatorChoice::kAuto);
        if (!estimate) {
          ++said[estimate.error().reason];
          continue;
        }
        confidences.push_back(estimate->person.confidence);
        heights.push_back(estimate->person.height_pixels.value_or(0));
        parts.push_back(estimate->iuv_confidence);
        said["by " + estimate->body_estimator]++;
        said["no iuv"] += estimate->iuv.empty();
        for (const Warning& warning : WarningsOf(estimate->person, "")) ++said[warning.reason];
      }
      std::string line;
      for (const auto& [reason, count] : said) {
        if (count > 0) line += " " + reason + " " + std::to_string(count);
      }
      const auto range = [&](std::vector<double>& values, const char* name) {
        if (values.empty()) return;
        std::sort(values.begin(), values.end());
        line += std::string(" ") + name + " " + std::to_string(values.front()).substr(0, 5) + "/" +
                std::to_string(values[values.size() / 2]).substr(0, 5) + "/" +
                std::to_string(values.back()).substr(0, 5);
      };
      range(confidences, "confidence");
      range(heights, "height");
      range(parts, "parts");
      std::printf("%s %s: %zu pictures,%s\n", selector == &BothEstimators() ? "both " : "model",
                  folder.c_str(), files.size(), line.c_str());
      std::fflush(stdout);
    }
  }
  SUCCEED();
}

}  // namespace
}  // namespace atelier
