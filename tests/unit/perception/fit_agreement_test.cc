// How near the body parts that a model's network reads lie to those of the fitted body: what tells
// rendered people, whom the network knows, from photographs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/perception.h"
#include "imaging/picture_codec.h"
#include "people/people.h"
#include "perception/fit/body_reader.h"
#include "perception/photograph/blaze_pose.h"
#include "perception/selection/model_reading.h"

namespace atelier::perception {
namespace {

const std::filesystem::path kRoot = ATELIER_SOURCE_DIR;

Image Load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  return imaging::DecodePicture(bytes, path.string()).value();
}

void Measure(const std::string& name, const Image& picture) {
  static auto model = engine::PoseEstimator::Load(kRoot / "models/atelier-mini").value();
  static auto blaze = photograph::BlazePose::Load(kRoot / "models/photographs").value();
  static const auto body =
      LoadBodyReader(ATELIER_PEOPLE_BODY, kRoot / "models/photographs").value();
  const auto estimate = model->Estimate(picture).value();
  const bool sure = SureOfPerson(estimate, WholePicture(picture));
  const auto keypoints = blaze->Estimate(picture);
  if (!keypoints) {
    std::printf("%-40s sure %d blaze %s\n", name.c_str(), sure, keypoints.error().reason.c_str());
    return;
  }
  const auto fit = body->Read(picture, *keypoints);
  if (!fit) {
    std::printf("%-40s sure %d fit %s\n", name.c_str(), sure, fit.error().reason.c_str());
    return;
  }
  int both = 0, either = 0, same = 0, mask_both = 0, mask_either = 0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t one = estimate.iuv.at(y, x)[0], other = fit->iuv.at(y, x)[0];
      both += one != 0 && other != 0;
      either += one != 0 || other != 0;
      same += one != 0 && one == other;
      const bool in_mask = keypoints->mask.at(y, x)[0] > 127;
      mask_both += one != 0 && in_mask;
      mask_either += one != 0 || in_mask;
    }
  }
  std::printf(
      "%-40s sure %d people %d conf %.2f parts %.2f | same/both %.3f iou %.3f mask iou %.3f fit "
      "iou %.3f sure %.3f\n",
      name.c_str(), sure, keypoints->people, SurestConfidence(estimate.keypoints),
      estimate.confidence, same / std::max(1.0, double(both)), both / std::max(1.0, double(either)),
      mask_both / std::max(1.0, double(mask_either)), fit->mask_iou, fit->confidence);
  std::fflush(stdout);
}

}  // namespace

TEST_CASE("How near the model's parts lie to the fitted body's", "[.measure]") {
  const auto body = people::Body::Load(ATELIER_PEOPLE_BODY).value();
  for (uint64_t seed = 0; seed < 24; ++seed) {
    const people::Rendering person = people::Render(
        *body, people::SamplePerson(*body, 900000 + seed), people::SamplePose(900000 + seed),
        people::SampleView(900000 + seed), {.height = 256, .width = 176});
    Measure("rendered " + std::to_string(seed), person.rgb);
  }
  const char* root = std::getenv("ATELIER_PERSON_PICTURES");
  if (root == nullptr) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const auto extension = entry.path().extension();
    if (extension != ".jpg" && extension != ".png") continue;
    Measure(entry.path().filename().string(), Load(entry.path()));
  }
  SUCCEED();
}

}  // namespace atelier::perception
