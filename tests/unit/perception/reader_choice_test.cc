// What reads the person of a picture, with every network that there is: the model's for rendered
// people, whom it knows, and the fitted body for photographs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "base/random.h"
#include "engine/perception.h"
#include "imaging/picture_codec.h"
#include "people/fit/load_fitter.h"
#include "people/render/render.h"
#include "perception/fit/body_reader.h"
#include "perception/person_limits.h"
#include "perception/photograph/blaze_pose.h"
#include "perception/selection/flat_share.h"
#include "perception/selection/pose_estimator_selector.h"

namespace atelier::perception {
namespace {

const std::filesystem::path kRoot = ATELIER_SOURCE_DIR;

Image Load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  return imaging::DecodePicture(bytes, path.string()).value();
}

PoseEstimatorSelector& TheSelector() {
  static PoseEstimatorSelector selector = [] {
    INFO("`./dev setup` makes the networks for photographs");
    auto blaze = photograph::BlazePose::Load(kRoot / "models/photographs");
    REQUIRE(blaze);
    auto body =
        LoadBodyReader(*people::LoadFitter(ATELIER_PEOPLE_BODY), kRoot / "models/photographs");
    REQUIRE(body);
    return PoseEstimatorSelector(engine::PoseEstimator::Load(kRoot / "models/atelier-mini").value(),
                                 "mini", {std::move(*blaze), nullptr, std::move(*body)});
  }();
  return selector;
}

/// What read the person's IUV, or why nothing did.
std::string ReaderOf(const Image& picture) {
  const auto estimate = TheSelector().Estimate(picture, EstimatorChoice::kAuto);
  return estimate ? estimate->iuv_estimator : estimate.error().reason;
}

people::Rendering Rendered(uint64_t seed) {
  static const auto body = people::Body::Load(ATELIER_PEOPLE_BODY).value();
  return people::Render(*body, people::SamplePerson(*body, seed), people::SamplePose(seed),
                        people::SampleView(seed), {.height = 256, .width = 176});
}

void Print(const char* kind, const std::map<std::string, int>& readers) {
  std::string line;
  for (const auto& [reader, count] : readers) line += " " + reader + " " + std::to_string(count);
  std::printf("%s:%s\n", kind, line.c_str());
}

}  // namespace

TEST_CASE("Rendered people are read by the model's network though a body could be fitted",
          "[fit]") {
  std::map<std::string, int> readers;
  for (uint64_t seed = 900000; seed < 900012; ++seed) ++readers[ReaderOf(Rendered(seed).rgb)];
  INFO("body-fit " << readers["body-fit"]);
  CHECK(readers["mini"] >= 9);
  CHECK(readers["mini"] + readers["body-fit"] == 12);
}

TEST_CASE("A picture with the noise of a sensor is a photograph, whoever is sure of it", "[fit]") {
  people::Rendering rendered = Rendered(900000);
  CHECK(FlatShare(rendered.rgb) > kRenderedFlat);
  REQUIRE(ReaderOf(rendered.rgb) == "mini");
  Random random(5);
  for (uint8_t& value : rendered.rgb.data) {
    const int noisy = value + static_cast<int>(random.Uniform(-3, 4));
    value = static_cast<uint8_t>(std::clamp(noisy, 0, 255));
  }
  CHECK(FlatShare(rendered.rgb) < .2);
  CHECK(ReaderOf(rendered.rgb) == "body-fit");
}

TEST_CASE("What reads rendered people and folders of photographs", "[.measure]") {
  std::map<std::string, int> rendered;
  for (uint64_t seed = 910000; seed < 910200; ++seed) ++rendered[ReaderOf(Rendered(seed).rgb)];
  Print("200 rendered", rendered);
  const char* root = std::getenv("ATELIER_PERSON_PICTURES");
  if (root == nullptr) return;
  std::map<std::string, int> photographs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const auto extension = entry.path().extension();
    if (extension != ".jpg" && extension != ".png") continue;
    const std::string reader = ReaderOf(Load(entry.path()));
    std::printf("%s %s\n", entry.path().filename().c_str(), reader.c_str());
    ++photographs[reader];
  }
  Print("photographs", photographs);
  SUCCEED();
}

}  // namespace atelier::perception
