// Garments carried between rendered people.
#include "edit/garment/garment.h"

#include <opencv2/imgproc.hpp>

#include "edit/garment/skirt.h"
#include "edit/limb/hands.h"
#include "edit/limb/limb_cut.h"
#include "edit/person/mat_math.h"
#include "edit/warp/hem.h"
#include "garment_pair.h"

namespace atelier::edit {
namespace {

constexpr int kHeight = 256, kWidth = 176;

/// Someone who faces the camera with their arms down; `change` may dress them.
template <typename Change>
RenderedSubject Standing(uint64_t seed, const Change& change) {
  RenderedSubject out(seed, kHeight, kWidth);
  out.pose = people::SamplePose(seed, people::PoseKind::kStand);
  out.view.yaw = 0;
  out.identity.look.jacket.reset();
  out.identity.look.hair.style = people::HairStyle::kBuzz;
  out.identity.look.bottom.kind = people::BottomKind::kTrousers;
  change(out.identity.look);
  return out;
}

people::Fabric Plain(const people::Vec3& colour) {
  people::Fabric fabric;
  fabric.colours.fill(colour);
  return fabric;
}

double PsnrWithin(const Image& one, const Image& other, const cv::Mat& where) {
  cv::Mat difference;
  cv::absdiff(imaging::ViewOf(one), imaging::ViewOf(other), difference);
  difference.convertTo(difference, CV_32F);
  const cv::Scalar mean = cv::mean(difference.mul(difference), where);
  return 10 * std::log10(255 * 255 / std::max((mean[0] + mean[1] + mean[2]) / 3, 1e-3));
}

cv::Scalar MeanColour(const Image& picture, const cv::Mat& where) {
  return cv::mean(imaging::ViewOf(picture), where);
}

TEST_CASE("What a swap does not reach stays bit for bit", "[edit]") {
  const GarmentPair pair = RenderGarmentPair(1, kHeight, kWidth);
  const Edited edited = SwapGarment(TheBody(), pair.base, pair.donor, Garment::kUpper);
  const Image &before = pair.base.person.picture, &after = edited.subject.person.picture;
  int same = 0, wrong = 0;
  for (int y = 0; y < before.height; ++y) {
    for (int x = 0; x < before.width; ++x) {
      if (edited.changed.at<float>(y, x) != 0) continue;
      ++same;
      wrong += !std::equal(before.at(y, x), before.at(y, x) + 3, after.at(y, x));
    }
  }
  CHECK(wrong == 0);
  CHECK(same > before.height * before.width / 2);
}

TEST_CASE("Swapped garments are nearer to the truth than the unedited picture", "[edit]") {
  for (const int index : {0, 4, 7}) {
    const GarmentPair pair = RenderGarmentPair(index, kHeight, kWidth);
    for (const auto& [name, garment, regions] : kGarmentSwaps) {
      if (garment == Garment::kShoes) continue;  // a few pixels at this size
      INFO("pair " << index << ", " << name);
      const people::SwapRendering truth = pair.Truth(regions);
      const Edited edited = SwapGarment(TheBody(), pair.base, pair.donor, garment);
      const cv::Mat inside = imaging::ViewOf(truth.mask) > 127;
      const double ours = PsnrWithin(edited.subject.person.picture, truth.after.rgb, inside);
      CHECK(ours > PsnrWithin(pair.base.person.picture, truth.after.rgb, inside) + 3);
      CHECK(PsnrWithin(edited.subject.person.picture, truth.after.rgb, ~inside) > 30);
    }
  }
}

TEST_CASE("A person's own garment changes next to nothing", "[edit]") {
  const Subject subject = RenderedSubject(9300021, kHeight, kWidth).Make();
  const Edited edited = SwapGarment(TheBody(), subject, subject, Garment::kUpper);
  const cv::Mat upper = subject.regions.mask(Label::kUpper) > .5f;
  CHECK(PsnrWithin(subject.person.picture, edited.subject.person.picture, upper) > 26);
}

TEST_CASE("Sleeves end where the donor's do, with skin below them", "[edit]") {
  const Subject base = Standing(9300100, [](people::Look& look) {
                         look.top.sleeve = 1.85f;
                         look.top.fabric = Plain({.1f, .1f, .6f});
                       }).Make();
  const Subject donor = Standing(9300101, [](people::Look& look) {
                          look.top.sleeve = .55f;
                          look.top.fabric = Plain({.8f, .1f, .1f});
                        }).Make();
  const std::vector<LimbCut> cuts =
      LimbCutsOf(TheBody(), donor.regions.membership_of(Label::kUpper), Limb::kArm);
  REQUIRE(cuts.size() == 2);
  for (const LimbCut& cut : cuts) CHECK(cut.at == Approx(.55).margin(.08));

  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kUpper);
  // Where the base's sleeve was and their forearm is now.
  const Regions& after = edited.subject.regions;
  const cv::Mat bared = (after.mask(Label::kSkin) > .9f) & (base.regions.mask(Label::kUpper) > .9f);
  REQUIRE(cv::countNonZero(bared) > 150);
  const cv::Mat hands = base.regions.mask(Label::kSkin) > .9f;
  const cv::Scalar skin = MeanColour(base.person.picture, hands);
  const cv::Scalar made = MeanColour(edited.subject.person.picture, bared);
  for (int c = 0; c < 3; ++c) CHECK(made[c] == Approx(skin[c]).margin(30));
}

TEST_CASE("An arm that is bare above its cut gets no band of cloth", "[edit]") {
  const Subject subject = Standing(9300100, [](people::Look&) {}).Make();
  const SurfaceView view(TheBody(), subject.person.screen, {cv::Rect(0, 0, kWidth, kHeight), 1});
  const cv::Mat bare = cv::Mat::zeros(view.size(), CV_32F);
  const std::vector<LimbCut> cuts = {{Limb::kArm, people::kLeft, .3f}};
  const cv::Mat cut = CutAtLimbs(TheBody(), view, cuts, bare, .004, bare);
  CHECK(cv::countNonZero(cut) == 0);
}

TEST_CASE("A hand before the donor's trousers leaves no print", "[edit]") {
  const auto blue = [](people::Look& look) { look.bottom.fabric = Plain({.05f, .05f, .7f}); };
  RenderedSubject with_hand = Standing(9300111, blue);
  with_hand.pose = people::SamplePose(9300111, people::PoseKind::kPocket);
  const Subject donor = with_hand.Make();
  const Subject base = Standing(9300110, [](people::Look& look) {
                         look.bottom.fabric = Plain({.2f, .6f, .2f});
                       }).Make();
  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kLower);
  const cv::Mat lower = edited.subject.regions.mask(Label::kLower) > .95f;
  REQUIRE(cv::countNonZero(lower) > 500);
  int red = 0;
  for (int y = 0; y < lower.rows; ++y) {
    for (int x = 0; x < lower.cols; ++x) {
      const uint8_t* p = edited.subject.person.picture.at(y, x);
      red += lower.at<uint8_t>(y, x) != 0 && p[0] > p[2];
    }
  }
  CHECK(red < cv::countNonZero(lower) / 100);
}

TEST_CASE("A fitted hand that the picture does not show leaves no print", "[edit]") {
  const Subject donor = Standing(9300111, [](people::Look& look) {
                          look.bottom.fabric = Plain({.05f, .05f, .7f});
                        }).Make();
  RenderedSubject rendering =
      Standing(9300110, [](people::Look& look) { look.bottom.fabric = Plain({.2f, .6f, .2f}); });
  const people::Rendering seen = people::Render(TheBody(), rendering.identity, rendering.pose,
                                                rendering.view, rendering.options);
  // The body's hand is before the hip, the picture's beside it.
  rendering.pose = people::SamplePose(9300111, people::PoseKind::kPocket);
  Subject base;
  base.person = MakePerson(TheBody(), seen.rgb, seen.mask,
                           people::BodyOf(TheBody(), rendering.identity, rendering.pose,
                                          rendering.view, rendering.options));
  base.regions = RegionsOf(TheBody(), base.person, MasksOf(seen.regions));
  base.appearance = AppearanceOf(TheBody(), base.person, base.regions);
  const cv::Mat hands = HandsOf(TheBody(), base) > .5f;
  const cv::Mat trousers = Eroded(base.regions.mask(Label::kLower), 3) > .5f;
  REQUIRE(cv::countNonZero(hands & trousers) > 40);
  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kLower);
  const cv::Mat missed = hands & trousers & (edited.subject.regions.mask(Label::kLower) < .5f);
  CHECK(cv::countNonZero(missed) < cv::countNonZero(hands & trousers) / 20);
}

TEST_CASE("A skirt is carried with what hangs between the legs", "[edit]") {
  const auto skirt = [](people::Look& look) {
    look.bottom.kind = people::BottomKind::kSkirt;
    look.bottom.skirt_hem = -.45f;
    look.bottom.fabric = Plain({.7f, .1f, .5f});
  };
  const RenderedSubject base_rendering = Standing(9300120, [](people::Look&) {});
  const RenderedSubject donor_rendering = Standing(9300121, skirt);
  const Subject base = base_rendering.Make(), donor = donor_rendering.Make();
  CHECK(WearsSkirt(TheBody(), donor));
  CHECK_FALSE(WearsSkirt(TheBody(), base));
  const people::SwapRendering truth =
      people::RenderSwap(TheBody(), base_rendering.identity, donor_rendering.identity,
                         donor_rendering.view.scene, {people::SwapRegion::kLower},
                         base_rendering.pose, base_rendering.view, base_rendering.options);
  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kLower);
  const cv::Mat wanted = MasksOf(truth.after.regions)[IndexOf(Label::kLower)];
  CHECK(Overlap(edited.subject.regions.mask(Label::kLower), wanted) > .8);
}

TEST_CASE("A second swap sees what the first one made", "[edit]") {
  const GarmentPair pair = RenderGarmentPair(7, kHeight, kWidth);
  const Edited first = SwapGarment(TheBody(), pair.base, pair.donor, Garment::kUpper);
  const people::SwapRendering truth = pair.Truth({people::SwapRegion::kUpper});
  const std::array<cv::Mat, kLabelCount> wanted = MasksOf(truth.after.regions);
  for (const Label label : {Label::kUpper, Label::kLower, Label::kSkin}) {
    INFO(kLabelNames[IndexOf(label)]);
    CHECK(Overlap(first.subject.regions.mask(label), wanted[IndexOf(label)]) > .85);
  }
  const Edited second = SwapGarment(TheBody(), first.subject, pair.donor, Garment::kLower);
  const people::SwapRendering both =
      pair.Truth({people::SwapRegion::kUpper, people::SwapRegion::kLower});
  const cv::Mat inside = imaging::ViewOf(both.mask) > 127;
  CHECK(PsnrWithin(second.subject.person.picture, both.after.rgb, inside) >
        PsnrWithin(first.subject.person.picture, both.after.rgb, inside) + 1);
}

TEST_CASE("What replaces a top keeps the outline that the person is seen with", "[edit]") {
  const RenderedSubject tight = Standing(9300130, [](people::Look& look) {
    look.top.looseness = .004f;
    look.top.sleeve = 1.2f;
  });
  const RenderedSubject loose = Standing(9300131, [](people::Look& look) {
    look.top.looseness = .03f;
    look.top.sleeve = 1.2f;
  });
  const Subject base = tight.Make();
  const Edited edited = SwapGarment(TheBody(), base, loose.Make(), Garment::kUpper);
  const cv::Mat wall = Dilated(base.person.mask, 3) < .1f;
  CHECK(cv::countNonZero(wall & (edited.changed > .1f)) < 20);
}

TEST_CASE("A shorter top is drawn out, and no skin is invented below it", "[edit]") {
  const RenderedSubject longer = Standing(9300130, [](people::Look& look) {
    look.top.hem = 0;
    look.top.sleeve = .6f;
    look.top.neckline = people::Neckline::kCrew;
  });
  const RenderedSubject cropped = Standing(9300131, [](people::Look& look) {
    look.top.hem = .2f;
    look.top.sleeve = .6f;
    look.top.neckline = people::Neckline::kCrew;
    look.top.fabric = Plain({.1f, .6f, .2f});
  });
  const Subject base = longer.Make();
  const Edited edited = SwapGarment(TheBody(), base, cropped.Make(), Garment::kUpper);
  // All of the old top's front is green.
  const cv::Mat old = Eroded(base.regions.mask(Label::kUpper), 4) > .9f;
  REQUIRE(cv::countNonZero(old) > 1000);
  const cv::Scalar mean = MeanColour(edited.subject.person.picture, old);
  CHECK(mean[1] > 1.5 * mean[0]);
  CHECK(mean[1] > 1.5 * mean[2]);
  CHECK(cv::mean(edited.subject.regions.mask(Label::kUpper), old)[0] > .95);
}

TEST_CASE("Plain cloth is stretched further than printed cloth", "[edit]") {
  Hem hem{.2f, -.1f};
  CHECK(hem.End() > hem.of_base + .05f);
  hem.most_stretch = kPlainStretch;
  CHECK(hem.End() == Approx(hem.of_base));
  CHECK(hem.DonorHeight(hem.of_base) == Approx(hem.of_donor));
}

TEST_CASE("Measures tell what was not seen and what was uncovered", "[edit]") {
  const Subject base = Standing(9300130, [](people::Look& look) {
                         look.top.hem = .0f;
                         look.top.sleeve = 1.8f;
                       }).Make();
  const auto measures_of = [&](const Subject& donor) {
    GarmentMeasures measures;
    SwapGarment(TheBody(), base, donor, Garment::kUpper, &measures);
    return measures;
  };
  const RenderedSubject front = Standing(9300131, [](people::Look& look) {
    look.top.hem = .0f;
    look.top.sleeve = 1.8f;
  });
  RenderedSubject behind = front;
  behind.view.yaw = 180;
  const RenderedSubject cropped = Standing(9300131, [](people::Look& look) {
    look.top.hem = .2f;
    look.top.sleeve = .3f;
  });
  const GarmentMeasures same = measures_of(front.Make());
  CHECK(same.unseen < .4);
  CHECK(same.guessed <= same.unseen);
  CHECK(measures_of(behind.Make()).unseen > .6);
  // The sleeves leave the arms bare; the trunk is covered down to the old hem.
  const GarmentMeasures shorter = measures_of(cropped.Make());
  CHECK(shorter.erased > same.erased + .15);
  CHECK(shorter.drawn_out > .4);
  CHECK(same.drawn_out == 0);
  // The true masks are sure of every pixel.
  CHECK(same.edge_entropy < .01);
}

}  // namespace
}  // namespace atelier::edit
