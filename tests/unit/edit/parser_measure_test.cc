// How well regions are told apart: on fresh rendered people, through their exact bodies and through
// bodies that were fitted to them as to photographs, and on photographs, to look at.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <string>

#include "edit/parse/parser.h"
#include "edit_fixture.h"
#include "imaging/picture_codec.h"
#include "people/fit/body_fitter.h"
#include "perception/fit/observation_of.h"
#include "perception/photograph/blaze_pose.h"

namespace atelier::edit {
namespace {

const std::filesystem::path kRoot = ATELIER_SOURCE_DIR;

const Parser& TheParser() {
  static const auto parser =
      Parser::Load(SharedBody(), kRoot / "workers/edit/data/region_prior.bin");
  REQUIRE(parser.has_value());
  return **parser;
}

photograph::BlazePose& TheBlazePose() {
  INFO("`./dev setup` makes the networks for photographs");
  static const auto network = photograph::BlazePose::Load(kRoot / "models/photographs");
  REQUIRE(network.has_value());
  return **network;
}

const people::BodyFitter& TheFitter() {
  static const people::BodyFitter fitter(SharedBody());
  return fitter;
}

/// The person that networks and fitter see in a picture; nothing when they see nobody.
std::optional<Person> SeePerson(const Image& picture) {
  const auto seen = TheBlazePose().Estimate(picture);
  if (!seen) return std::nullopt;
  const auto observation = perception::ObservationOf(*seen);
  REQUIRE(observation);
  const auto fit = TheFitter().Fit(*observation);
  if (!fit) return std::nullopt;
  return MakePerson(TheBody(), picture, seen->mask, TheFitter().Pose(fit->body));
}

/// An environment variable's number, or `otherwise`.
int Setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// The picture beside itself in the colours of its labels. ATELIER_EDIT_PICTURES: the folder for
/// pictures to look at; none where it is not set.
void Show(const std::string& name, const Person& person, const Regions& regions) {
  const char* folder = std::getenv("ATELIER_EDIT_PICTURES");
  if (folder == nullptr) return;
  constexpr std::array<std::array<float, 3>, kLabelCount> kColours = {
      {{255, 170, 140}, {120, 60, 20}, {40, 120, 255}, {40, 200, 80}, {230, 220, 0}}};
  Image out(person.height(), person.width() * 2, 3);
  for (int y = 0; y < person.height(); ++y) {
    for (int x = 0; x < person.width(); ++x) {
      for (size_t c = 0; c < 3; ++c) {
        const uint8_t seen = person.picture.at(y, x)[c];
        float shown = .5f * static_cast<float>(seen);
        for (size_t label = 0; label < kLabelCount; ++label) {
          shown += .65f * regions.masks[label].at<float>(y, x) *
                   (kColours[label][c] - .5f * static_cast<float>(seen));
        }
        out.at(y, x)[c] = seen;
        out.at(y, person.width() + x)[c] = static_cast<uint8_t>(std::clamp(shown, 0.0f, 255.0f));
      }
    }
  }
  const auto png = imaging::EncodePng(out);
  REQUIRE(png);
  std::ofstream(std::filesystem::path(folder) / (name + ".png"), std::ios::binary) << *png;
}

struct Scores {
  std::array<std::vector<double>, kLabelCount> overlap;
  std::vector<double> milliseconds;

  void Add(const std::string& name, const Person& person, const Image& true_regions) {
    // Processor time: other programs do not count.
    const std::clock_t start = std::clock();
    const Regions regions = TheParser().Parse(person);
    milliseconds.push_back(1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    const std::array<cv::Mat, kLabelCount> truth = MasksOf(true_regions);
    std::printf("%-16s", name.c_str());
    for (size_t label = 0; label < kLabelCount; ++label) {
      // A label that is hardly seen says nothing.
      constexpr int kLeastPixels = 300;
      if (cv::countNonZero(truth[label]) < kLeastPixels) {
        std::printf("   -  ");
        continue;
      }
      overlap[label].push_back(Overlap(regions.masks[label], truth[label]));
      std::printf(" %.3f", overlap[label].back());
    }
    std::printf("\n");
    Show(name, person, regions);
  }

  void Print(const char* title) const {
    std::printf("%s: mean (10th percentile) of %zu\n", title, milliseconds.size());
    for (size_t label = 0; label < kLabelCount; ++label) {
      std::vector<double> sorted = overlap[label];
      std::sort(sorted.begin(), sorted.end());
      std::printf("  %-5s %.3f (%.2f) n %zu\n", std::string(kLabelNames[label]).c_str(),
                  Mean(label), sorted.empty() ? 0 : sorted[sorted.size() / 10], sorted.size());
    }
    std::printf("  %.0f ms\n", std::accumulate(milliseconds.begin(), milliseconds.end(), 0.0) /
                                   static_cast<double>(std::max<size_t>(1, milliseconds.size())));
  }

  double Mean(size_t label) const {
    return std::accumulate(overlap[label].begin(), overlap[label].end(), 0.0) /
           static_cast<double>(std::max<size_t>(1, overlap[label].size()));
  }
};

/// Person `index` of the measure: turned by at most ATELIER_EDIT_YAW degrees, in any pose.
RenderedPerson FreshPerson(int index) {
  const auto seed = static_cast<uint64_t>(Setting("ATELIER_EDIT_FIRST_SEED", 9400000) + index);
  const int most = Setting("ATELIER_EDIT_YAW", 35);
  const double yaw =
      static_cast<double>((seed * 2654435761u >> 7) % static_cast<uint64_t>(2 * most + 1)) - most;
  return RenderPerson(seed,
                      {.height = 512, .width = 352, .yaw = yaw, .pose = people::PoseKind::kAny});
}

TEST_CASE("How well rendered people are parsed through their exact bodies", "[.measure]") {
  Scores scores;
  for (int i = 0; i < Setting("ATELIER_EDIT_COUNT", 48); ++i) {
    const RenderedPerson fresh = FreshPerson(i);
    scores.Add("exact" + std::to_string(i), fresh.person, fresh.rendering.regions);
  }
  scores.Print("exact bodies");
  CHECK(scores.Mean(IndexOf(Label::kUpper)) >= .93);
  CHECK(scores.Mean(IndexOf(Label::kLower)) >= .93);
  CHECK(scores.Mean(IndexOf(Label::kHair)) >= .85);
}

TEST_CASE("How well rendered people are parsed through fitted bodies", "[.measure]") {
  Scores scores;
  for (int i = 0; i < Setting("ATELIER_EDIT_COUNT", 48); ++i) {
    const RenderedPerson fresh = FreshPerson(i);
    const std::optional<Person> seen = SeePerson(fresh.rendering.rgb);
    if (seen) scores.Add("fitted" + std::to_string(i), *seen, fresh.rendering.regions);
  }
  scores.Print("fitted bodies");
  CHECK(scores.Mean(IndexOf(Label::kUpper)) >= .93);
  CHECK(scores.Mean(IndexOf(Label::kLower)) >= .93);
  // A fitted head is a few pixels off, and the network's mask is wider than hair.
  CHECK(scores.Mean(IndexOf(Label::kHair)) >= .81);
}

/// ATELIER_PHOTOGRAPHS: a folder of pictures, or one.
TEST_CASE("What photographs are parsed into, to look at", "[.look]") {
  const char* folder = std::getenv("ATELIER_PHOTOGRAPHS");
  REQUIRE(folder != nullptr);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".jpg" || extension == ".png") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    auto picture = imaging::DecodePicture(bytes, file.string());
    REQUIRE(picture);
    cv::Mat small = imaging::ViewOf(*picture);
    const double scale = std::min(1.0, 1024.0 / std::max(small.rows, small.cols));
    cv::resize(small, small, {}, scale, scale, cv::INTER_AREA);
    Image shown(small.rows, small.cols, 3);
    small.copyTo(imaging::ViewOf(shown));
    const std::optional<Person> seen = SeePerson(shown);
    if (!seen) continue;
    const std::clock_t start = std::clock();
    const Regions regions = TheParser().Parse(*seen);
    std::printf("%s: %d x %d, %.0f ms;", file.stem().c_str(), shown.width, shown.height,
                1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    for (const LimbEnd& end : regions.limb_ends) {
      std::printf(" %s %d at %.2f (%.2f)", std::string(kLabelNames[IndexOf(end.cloth)]).c_str(),
                  end.side, end.at, end.gain);
    }
    std::printf("\n");
    Show(file.stem().string(), *seen, regions);
  }
  CHECK_FALSE(files.empty());
}

}  // namespace
}  // namespace atelier::edit
