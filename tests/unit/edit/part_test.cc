// Parts of the body carried between rendered people.
#include <opencv2/imgproc.hpp>

#include "edit/apply_swaps.h"
#include "edit/nudity.h"
#include "edit/part/part_swap.h"
#include "edit/person/mat_math.h"
#include "edit/region/region_mask.h"
#include "garment_pair.h"

namespace atelier::edit {
namespace {

constexpr int kHeight = 256, kWidth = 176;

people::Fabric Plain(const people::Vec3& colour) {
  people::Fabric fabric;
  fabric.colours.fill(colour);
  return fabric;
}

/// Someone who faces the camera with their arms down, in plain clothes of these colours.
RenderedSubject Dressed(uint64_t seed, const people::Vec3& top, const people::Vec3& bottom,
                        float sleeve) {
  RenderedSubject out(seed, kHeight, kWidth);
  out.pose = people::SamplePose(seed, people::PoseKind::kStand);
  out.view.yaw = 0;
  people::Look& look = out.identity.look;
  look.jacket.reset();
  look.hair.style = people::HairStyle::kBuzz;
  look.bottom.kind = people::BottomKind::kTrousers;
  look.top.sleeve = sleeve;
  look.top.fabric = Plain(top);
  look.bottom.fabric = Plain(bottom);
  return out;
}

Subject BlueAndGreen(float sleeve = 1.85f) {
  return Dressed(9300100, {.1f, .1f, .7f}, {.1f, .6f, .1f}, sleeve).Make();
}
Subject RedAndYellow(float sleeve = 1.85f) {
  return Dressed(9300101, {.8f, .1f, .1f}, {.7f, .7f, .1f}, sleeve).Make();
}

Result<EditOutcome> Swapped(const Subject& base, const Subject& donor, Region region) {
  const std::vector<SwapStep> steps = {
      {region, std::make_shared<const Subject>(donor), 1, "swaps[0]"}};
  return ApplySwaps(TheBody(), base, steps);
}

/// Pixels of the base's picture that differ although `changed` is 0 there.
int Unaccounted(const Subject& base, const EditOutcome& outcome) {
  int count = 0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      if (outcome.changed.at<float>(y, x) > 0) continue;
      const uint8_t* before = base.person.picture.at(y, x);
      count += !std::equal(before, before + 3, outcome.picture.at(y, x));
    }
  }
  return count;
}

cv::Mat MaskOfRegion(const Subject& subject, Region region) {
  return MaskOf(TheBody(), subject.person, subject.regions, PartsOf(TheBody(), subject.person),
                region);
}

/// Mean RGB of what is well inside of `where`.
cv::Scalar MeanInside(const Image& picture, const cv::Mat& where) {
  const cv::Mat inside = Eroded(where, 2) > .9;
  REQUIRE(cv::countNonZero(inside) > 40);
  return cv::mean(imaging::ViewOf(picture), inside);
}

TEST_CASE("Arms come with their sleeves, and the chest stays as it was", "[edit][part]") {
  const Subject base = BlueAndGreen(), donor = RedAndYellow();
  const auto outcome = Swapped(base, donor, {.kind = RegionKind::kArms});
  REQUIRE(outcome);
  CHECK(Unaccounted(base, *outcome) == 0);
  const cv::Mat sleeves =
      MaskOfRegion(base, {.kind = RegionKind::kArms}).mul(base.regions.mask(Label::kUpper));
  const cv::Scalar arm = MeanInside(outcome->picture, sleeves);
  CHECK(arm[0] > arm[2] + 60);
  const cv::Mat chest = Eroded(MaskOfRegion(base, {.part = 2}), 12) > .9;
  REQUIRE(cv::countNonZero(chest) > 40);
  CHECK(cv::countNonZero((outcome->changed > 0) & chest) == 0);
}

TEST_CASE("Bare arms take the base's tone, and a sleeve makes way for them", "[edit][part]") {
  const Subject base = BlueAndGreen(), donor = RedAndYellow(.3f);
  const auto outcome = Swapped(base, donor, {.kind = RegionKind::kArms});
  REQUIRE(outcome);
  const cv::Mat bared =
      outcome->subject.regions.mask(Label::kSkin).mul(base.regions.mask(Label::kUpper));
  const cv::Scalar skin = MeanInside(outcome->picture, bared);
  const cv::Mat of_picture = LabOf(cv::Mat(1, 1, CV_32FC3, skin));
  const cv::Vec3f made = of_picture.at<cv::Vec3f>(0, 0);
  const cv::Vec3f own = base.appearance.skin_lab, others = donor.appearance.skin_lab;
  CAPTURE(made, own, others);
  REQUIRE(cv::norm(own - others) > 8);
  CHECK(cv::norm(made - own) < cv::norm(made - others));
}

TEST_CASE("Legs come with trousers and shoes, under the base's top", "[edit][part]") {
  const Subject base = BlueAndGreen(), donor = RedAndYellow();
  const auto outcome = Swapped(base, donor, {.kind = RegionKind::kLegs});
  REQUIRE(outcome);
  CHECK(Unaccounted(base, *outcome) == 0);
  const cv::Scalar legs = MeanInside(outcome->picture, base.regions.mask(Label::kLower));
  CHECK(legs[0] > legs[2] + 60);
  const cv::Mat top = Eroded(base.regions.mask(Label::kUpper), 3) > .9;
  CHECK(cv::countNonZero((outcome->changed > 0) & top) == 0);
}

TEST_CASE("Of feet that the donor's picture does not show the base keeps its shoes",
          "[edit][part]") {
  const Subject base = BlueAndGreen();
  Subject donor = RedAndYellow();
  cv::Mat feet = MaskOfRegion(donor, {.part = 5}) + MaskOfRegion(donor, {.part = 6});
  feet = Dilated(feet, 3) > .1;
  std::array<cv::Mat, kLabelCount> masks;
  for (size_t k = 0; k < masks.size(); ++k) {
    masks[k] = donor.regions.masks[k].clone();
    masks[k].setTo(0, feet);
  }
  donor.regions = RegionsOf(TheBody(), donor.person, masks);
  const auto outcome = Swapped(base, donor, {.kind = RegionKind::kLegs});
  REQUIRE(outcome);
  const cv::Mat shoes = Eroded(base.regions.mask(Label::kShoes), 2) > .9;
  REQUIRE(cv::countNonZero(shoes) > 20);
  cv::Mat difference;
  cv::absdiff(imaging::ViewOf(outcome->picture), imaging::ViewOf(base.person.picture), difference);
  CHECK(cv::mean(difference, shoes)[0] < 4);
}

TEST_CASE("Limbs that a garment bares stay the person's", "[edit][part]") {
  const Subject base = [] {
    Subject dressed = BlueAndGreen();
    dressed.regions.limb_ends = {{Label::kUpper, 0, 1.85, 1}, {Label::kUpper, 1, 1.85, 1}};
    return dressed;
  }();
  Subject donor = RedAndYellow(.4f);
  donor.regions.limb_ends = {{Label::kUpper, 0, .4, 1}, {Label::kUpper, 1, .4, 1}};
  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kUpper);
  // Well inside of the arms below the new sleeves.
  const cv::Mat lower_arms = MaskOfRegion(base, {.part = 19}) + MaskOfRegion(base, {.part = 20}) +
                             MaskOfRegion(base, {.part = 21}) + MaskOfRegion(base, {.part = 22});
  const cv::Mat inside = Eroded(lower_arms.mul(base.regions.mask(Label::kUpper)), 2) > .9;
  REQUIRE(cv::countNonZero(inside) > 40);
  CHECK(cv::mean(edited.subject.person.mask, inside)[0] > .9);
  CHECK(cv::mean(edited.subject.regions.mask(Label::kSkin), inside)[0] > .9);
}

TEST_CASE("A part of the body changes nothing on the parts far from it", "[edit][part]") {
  const Subject base = BlueAndGreen(), donor = RedAndYellow();
  const auto outcome = Swapped(base, donor, {.part = 2});
  REQUIRE(outcome);
  const cv::Scalar chest = MeanInside(outcome->picture, MaskOfRegion(base, {.part = 2}));
  CHECK(chest[0] > chest[2] + 60);
  const cv::Mat head = MaskOfRegion(base, {.kind = RegionKind::kFace}) > .5;
  const cv::Mat shins =
      (MaskOfRegion(base, {.part = 13}) > .5) | (MaskOfRegion(base, {.part = 14}) > .5);
  CHECK(cv::countNonZero((outcome->changed > 0) & (head | shins)) == 0);
}

TEST_CASE("The whole person is the donor in the base's pose", "[edit][part]") {
  const Subject base = BlueAndGreen(), donor = RedAndYellow(.3f);
  const auto outcome = Swapped(base, donor, {.kind = RegionKind::kWholeTexture});
  REQUIRE(outcome);
  CHECK(Unaccounted(base, *outcome) == 0);
  const Regions& after = outcome->subject.regions;
  const cv::Scalar top = MeanInside(outcome->picture, after.mask(Label::kUpper));
  CHECK(top[0] > top[2] + 60);
  const cv::Mat skin = after.mask(Label::kSkin).mul(base.person.mask);
  const cv::Scalar rgb = MeanInside(outcome->picture, skin);
  const cv::Mat lab = LabOf(cv::Mat(1, 1, CV_32FC3, rgb));
  const cv::Vec3f made = lab.at<cv::Vec3f>(0, 0);
  CHECK(cv::norm(made - donor.appearance.skin_lab) < cv::norm(made - base.appearance.skin_lab));
  const cv::Mat wall = Dilated(base.person.mask, 14) < .1;
  CHECK(cv::countNonZero((outcome->changed > 0) & wall) == 0);
}

TEST_CASE("Every part that both show can be carried, and nothing else moves", "[edit][part]") {
  const GarmentPair pair = RenderGarmentPair(6, kHeight, kWidth);
  int carried = 0;
  for (int part = 1; part <= 24; ++part) {
    CAPTURE(part);
    const auto outcome = Swapped(pair.base, pair.donor, {.part = part});
    if (!outcome) {
      CHECK(outcome.error().reason.ends_with("_WITHOUT_REGION"));
      continue;
    }
    ++carried;
    CHECK(Unaccounted(pair.base, *outcome) == 0);
    const cv::Mat own = MaskOfRegion(pair.base, {.part = part});
    const cv::Mat far = Dilated(own, 24) < .1;
    CHECK(cv::countNonZero((outcome->changed > 0) & far) == 0);
  }
  CHECK(carried > 10);
}

TEST_CASE("A dressed donor's chest bares nobody, and a bare one is seen in the regions after",
          "[edit][part][nudity]") {
  const Subject base = BlueAndGreen(), donor = RedAndYellow();
  const std::vector<SwapStep> steps = {
      {{.part = 2}, std::make_shared<const Subject>(donor), 1, "swaps[0]"}};
  const auto outcome = ApplySwaps(TheBody(), base, steps);
  REQUIRE(outcome);
  CHECK(CheckNudity(TheBody(), base, steps, outcome->subject));
  CHECK(MeanInside(outcome->picture, outcome->subject.regions.mask(Label::kUpper))[0] > 0);

  Subject bare = donor;
  bare.regions.masks[IndexOf(Label::kSkin)] =
      donor.regions.mask(Label::kSkin) + donor.regions.mask(Label::kUpper);
  bare.regions.masks[IndexOf(Label::kUpper)] = cv::Mat::zeros(donor.person.mask.size(), CV_32F);
  bare.regions = RegionsOf(TheBody(), donor.person, bare.regions.masks);
  const auto bared = Swapped(base, bare, {.part = 2});
  REQUIRE(bared);
  // Against a donor who covers the chest, that is what is refused.
  const Status refused = CheckNudity(TheBody(), base, steps, bared->subject);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == "NUDITY_RISK");
}

}  // namespace
}  // namespace atelier::edit
