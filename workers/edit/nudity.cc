#include "edit/nudity.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <opencv2/imgproc.hpp>
#include <variant>
#include <vector>

#include "people/body/body_view.h"

namespace atelier::edit {
namespace {

using people::Attributes;
using people::Body;

struct Zone {
  const char* name;
  /// Canonical heights, metres.
  float low = 0;
  float high = 0;
  /// Only what faces forward.
  bool front = false;
};

/// Chest and hips by the joints of the mean shape.
std::array<Zone, 2> ZonesOf(const Body& body) {
  const float shoulder = body.joint(body.bones().upper_arm[people::kLeft]).y;
  const float hip = body.joint(body.bones().thigh[people::kLeft]).y;
  return {Zone{"chest", shoulder - .24f, shoulder - .09f, true},
          Zone{"hips", hip - .10f, hip + .06f, false}};
}

bool IsIn(const Zone& zone, const Attributes& a) {
  return a.at.y > zone.low && a.at.y < zone.high && a.arm_weight < .5f && a.head_weight < .5f &&
         (!zone.front || a.at.z > 0);
}

double Covered(const Subject& subject, size_t vertex) {
  return static_cast<double>(subject.regions.membership_of(Label::kUpper)[vertex]) +
         static_cast<double>(subject.regions.membership_of(Label::kLower)[vertex]);
}

/// Of the picture's pixels that show a zone which every source covers.
struct Pixels {
  int covered = 0;
  int bared = 0;
};

/// Float: pixels to the nearest one that shows an arm. An arm before the chest may be bared, and a
/// fitted body has it some centimetres beside its place.
cv::Mat DistanceToArms(const Body& body, const Person& person) {
  cv::Mat elsewhere(person.height(), person.width(), CV_8U, cv::Scalar(255));
  for (size_t at = 0; at < person.visible.triangle.size(); ++at) {
    const int triangle = person.visible.triangle[at];
    if (triangle < 0) continue;
    const auto vertex = static_cast<size_t>(SurfaceTriangle(body, triangle)[0]);
    if (body.attributes()[vertex].arm_weight > .5f) elsewhere.ptr<uint8_t>()[at] = 0;
  }
  cv::Mat distance;
  cv::distanceTransform(elsewhere, distance, cv::DIST_L2, cv::DIST_MASK_5);
  return distance;
}

Pixels CountPixels(const Zone& zone, const Body& body, std::span<const Subject* const> sources,
                   const Subject& after) {
  constexpr double kBesideArm = .04;  // metres
  Pixels pixels;
  const Person& person = sources.front()->person;
  const cv::Mat& skin_before = sources.front()->regions.mask(Label::kSkin);
  const cv::Mat& skin = after.regions.mask(Label::kSkin);
  const cv::Mat to_arms = DistanceToArms(body, person);
  const double beside_arm = kBesideArm * person.pixels_per_metre();
  for (int y = 0; y < person.height(); ++y) {
    for (int x = 0; x < person.width(); ++x) {
      const size_t at =
          static_cast<size_t>(y) * static_cast<size_t>(person.width()) + static_cast<size_t>(x);
      const int triangle = person.visible.triangle[at];
      if (triangle < 0 || skin_before.at<float>(y, x) > .5f) continue;
      const auto vertex = static_cast<size_t>(SurfaceTriangle(body, triangle)[0]);
      if (!IsIn(zone, body.attributes()[vertex])) continue;
      // Hands hang beside hips, and hide little of them.
      if (zone.front && static_cast<double>(to_arms.at<float>(y, x)) < beside_arm) continue;
      const bool is_covered = std::ranges::all_of(
          sources, [&](const Subject* subject) { return Covered(*subject, vertex) > .5; });
      if (!is_covered) continue;
      ++pixels.covered;
      if (skin.at<float>(y, x) > .5f) ++pixels.bared;
    }
  }
  return pixels;
}

}  // namespace

Status CheckNudity(const Body& body, const Subject& base, std::span<const SwapStep> steps,
                   const Subject& after) {
  std::vector<const Subject*> sources = {&base};
  bool changes_clothes = false;
  for (const SwapStep& step : steps) {
    // A garment alone shows nobody bare.
    changes_clothes = changes_clothes || std::holds_alternative<FlatGarment>(step.source);
    if (const Donor* donor = std::get_if<Donor>(&step.source)) sources.push_back(donor->get());
  }
  if (sources.size() == 1 && !changes_clothes) return {};
  for (const Zone& zone : ZonesOf(body)) {
    const Pixels pixels = CountPixels(zone, body, sources, after);
    if (pixels.bared <= kMostBared * pixels.covered) continue;
    char message[160];
    std::snprintf(message, sizeof message,
                  "the edit would bare %.0f %% of the %s, which every picture covers; at most %.0f "
                  "%% may be a mistake",
                  100.0 * pixels.bared / pixels.covered, zone.name, 100 * kMostBared);
    return MakeError(Code::kFailedPrecondition, "NUDITY_RISK", message);
  }
  return {};
}

}  // namespace atelier::edit
