#include "edit/nudity.h"

#include <catch2/catch.hpp>
#include <opencv2/imgproc.hpp>

#include "people/body/body_view.h"
#include "unit/edit/edit_fixture.h"

namespace atelier::edit {
namespace {

/// The `index`-th of the people whose top ends above the hips, where trousers begin.
uint64_t SeedOf(int index) {
  for (uint64_t seed = 9300201;; ++seed) {
    const people::Look look = people::SamplePerson(TheBody(), seed).look;
    const bool is_plain = !look.bottom.HasSkirt() && !look.jacket && look.top.hem > .08f;
    if (is_plain && index-- == 0) return seed;
  }
}

Subject DressedSubject(int index) {
  RenderedPerson rendered = RenderPerson(SeedOf(index));
  Subject subject;
  subject.person = std::move(rendered.person);
  subject.regions = std::move(rendered.truth);
  return subject;
}

/// The subject with bare skin in place of `label`.
Subject Undressed(const Subject& dressed, Label label) {
  Subject bare = dressed;
  auto& masks = bare.regions.masks;
  // A matrix of its own: both subjects share theirs until then.
  const cv::Mat skin = masks[IndexOf(Label::kSkin)] + masks[IndexOf(label)];
  masks[IndexOf(Label::kSkin)] = skin;
  masks[IndexOf(label)] = cv::Mat::zeros(masks[0].size(), CV_32F);
  auto& membership = bare.regions.membership;
  for (size_t v = 0; v < membership[0].size(); ++v) {
    membership[IndexOf(Label::kSkin)][v] += membership[IndexOf(label)][v];
    membership[IndexOf(label)][v] = 0;
  }
  return bare;
}

std::vector<SwapStep> StepFrom(Subject donor, RegionKind kind) {
  return {{{.kind = kind}, std::make_shared<const Subject>(std::move(donor)), 1, "swaps[0]"}};
}

TEST_CASE("An edit that bares what both pictures cover is refused, and the zone is named",
          "[nudity]") {
  const Subject base = DressedSubject(0), donor = DressedSubject(1);
  const auto upper = StepFrom(donor, RegionKind::kUpperGarment);
  const Status chest = CheckNudity(TheBody(), base, upper, Undressed(base, Label::kUpper));
  REQUIRE_FALSE(chest);
  CHECK(chest.error().reason == "NUDITY_RISK");
  CHECK(chest.error().code == Code::kFailedPrecondition);
  INFO(chest.error().message);
  CHECK(chest.error().message.find("chest") != std::string::npos);
  const auto lower = StepFrom(donor, RegionKind::kLowerGarment);
  const Status hips = CheckNudity(TheBody(), base, lower, Undressed(base, Label::kLower));
  REQUIRE_FALSE(hips);
  INFO(hips.error().message);
  CHECK(hips.error().message.find("hips") != std::string::npos);
}

TEST_CASE("What stays covered is not refused, nor what the donor shows bare", "[nudity]") {
  const Subject base = DressedSubject(2), donor = DressedSubject(3);
  const auto from_dressed = StepFrom(donor, RegionKind::kUpperGarment);
  CHECK(CheckNudity(TheBody(), base, from_dressed, base));
  const auto from_bare = StepFrom(Undressed(donor, Label::kUpper), RegionKind::kUpperGarment);
  CHECK(CheckNudity(TheBody(), base, from_bare, Undressed(base, Label::kUpper)));
}

TEST_CASE("An arm that is bared before the chest is no chest", "[nudity]") {
  const Subject base = DressedSubject(2), donor = DressedSubject(3);
  // What is bared is all within 3 cm of an arm.
  cv::Mat elsewhere(base.person.height(), base.person.width(), CV_8U, cv::Scalar(255)), distance;
  for (size_t at = 0; at < base.person.visible.triangle.size(); ++at) {
    const int triangle = base.person.visible.triangle[at];
    if (triangle < 0) continue;
    const auto vertex = static_cast<size_t>(people::SurfaceTriangle(TheBody(), triangle)[0]);
    if (TheBody().attributes()[vertex].arm_weight > .5f) elsewhere.ptr<uint8_t>()[at] = 0;
  }
  cv::distanceTransform(elsewhere, distance, cv::DIST_L2, cv::DIST_MASK_5);
  const cv::Mat near_arms = distance < .03 * base.person.pixels_per_metre();
  Subject after = base;
  const Subject bare = Undressed(base, Label::kUpper);
  for (const Label label : {Label::kSkin, Label::kUpper}) {
    cv::Mat mask = base.regions.mask(label).clone();
    bare.regions.mask(label).copyTo(mask, near_arms);
    after.regions.masks[IndexOf(label)] = mask;
  }
  const auto upper = StepFrom(donor, RegionKind::kUpperGarment);
  CHECK(CheckNudity(TheBody(), base, upper, after));
  CHECK_FALSE(CheckNudity(TheBody(), base, upper, bare));
}

TEST_CASE("Edits without another person cannot bare anything", "[nudity]") {
  const Subject base = DressedSubject(4);
  const std::vector<SwapStep> recolour = {
      {{.kind = RegionKind::kUpperGarment}, FlatColour{200, 160, 140}, 1, "swaps[0]"}};
  CHECK(CheckNudity(TheBody(), base, recolour, Undressed(base, Label::kUpper)));
}

}  // namespace
}  // namespace atelier::edit
