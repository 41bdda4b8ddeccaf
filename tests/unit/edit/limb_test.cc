// Limbs that a swap bares, and edges of garments that are nearly the old ones.
#include <opencv2/imgproc.hpp>

#include "edit/cut/old_edge.h"
#include "edit/limb/bared_limb.h"
#include "edit/limb/limb_axis.h"
#include "edit/limb/limb_cut.h"
#include "edit/limb/limb_edges.h"
#include "edit/limb/limb_outline.h"
#include "edit/person/mat_math.h"
#include "garment_pair.h"

namespace atelier::edit {
namespace {

constexpr int kHeight = 512, kWidth = 352;

/// Someone who faces the camera with sleeves of that length (0 shoulder .. 2 wrist).
RenderedSubject Sleeved(uint64_t seed, float sleeve) {
  RenderedSubject out(seed, kHeight, kWidth);
  out.pose = people::SamplePose(seed, people::PoseKind::kStand);
  out.view.yaw = 0;
  out.identity.look.jacket.reset();
  out.identity.look.hair.style = people::HairStyle::kBuzz;
  out.identity.look.top.sleeve = sleeve;
  return out;
}

cv::Mat Filled(int height, int width, const cv::Rect& where) {
  cv::Mat mask(height, width, CV_32F, cv::Scalar(0));
  mask(where).setTo(1);
  return mask;
}

/// Share of either that both are.
double IouOf(const cv::Mat& one, const cv::Mat& other) {
  return static_cast<double>(cv::countNonZero(one & other)) /
         std::max(1, cv::countNonZero(one | other));
}

TEST_CASE("A limb's line knows the places of its pixels", "[limb]") {
  const Subject subject = Sleeved(9300100, .5f).Make();
  const auto axis = LimbAxis::Of(TheBody(), subject.person, Limb::kArm, people::kLeft);
  REQUIRE(axis.has_value());
  for (const float along : {.4f, .9f, 1.6f}) {
    for (const float across : {-5.0f, 0.0f, 4.0f}) {
      const auto found = axis->PlaceOf(axis->At({along, across}), 0, 2, 0);
      REQUIRE(found.has_value());
      CHECK(found->along == Approx(along).margin(.06));
      CHECK(found->across == Approx(across).margin(.6));
    }
  }
  // Straight on beyond the wrist, as far as it is told.
  const cv::Point2f hand = axis->At({2, 0}) * 2 - axis->At({1.95f, 0});
  CHECK_FALSE(axis->PlaceOf(hand, 0, 2, 0).has_value());
  CHECK(axis->PlaceOf(hand, 0, 2, 30).has_value());
}

TEST_CASE("A garment that ends above the elbow does not go on beside the arm", "[limb]") {
  const Subject subject = Sleeved(9300100, .5f).Make();
  const SurfaceView view(TheBody(), subject.person.screen, {cv::Rect(0, 0, kWidth, kHeight), 1});
  const cv::Mat everywhere(view.size(), CV_32F, cv::Scalar(1));
  const auto axis = LimbAxis::Of(TheBody(), subject.person, Limb::kArm, people::kLeft);
  REQUIRE(axis.has_value());
  const cv::Mat cut =
      CutAtLimbs(TheBody(), view, {{Limb::kArm, people::kLeft, .6f}}, everywhere, .004, everywhere);
  const auto outside = [&](float along) {
    // Whichever side is away from the trunk.
    const float beside = axis->body().Width(20) / 2 + 3;
    const cv::Point2f one = axis->At({along, beside}), other = axis->At({along, -beside});
    return one.x > other.x ? cv::Point(one) : cv::Point(other);
  };
  CHECK(cut.at<float>(outside(1.4f)) == 0);
  CHECK(cut.at<float>(outside(.3f)) == 1);
}

TEST_CASE("A bare arm's edges are those of its skin", "[limb]") {
  const Subject subject = Sleeved(9300100, .3f).Make();
  const auto axis = LimbAxis::Of(TheBody(), subject.person, Limb::kArm, people::kRight);
  REQUIRE(axis.has_value());
  const LimbOutline skin = OutlineOf(*axis, subject.regions.mask(Label::kSkin));
  int seen = 0;
  for (int k = 0; k < kLimbStations; ++k) {
    if (LimbAxis::AlongOf(k) < .5f || LimbAxis::AlongOf(k) > 1.8f || !skin.Seen(k)) continue;
    ++seen;
    CHECK(skin.Width(k) == Approx(axis->body().Width(k)).margin(4));
  }
  CHECK(seen > 15);
}

TEST_CASE("An arm that a sleeve hid is where the arm is", "[limb]") {
  const Subject base = Sleeved(9300100, 1.85f).Make();
  const Subject donor = Sleeved(9300101, .4f).Make();
  const Subject truth = Sleeved(9300100, .4f).Make();
  const std::vector<LimbRange> ranges = {{Limb::kArm, people::kLeft, .4f, 1.85f},
                                         {Limb::kArm, people::kRight, .4f, 1.85f}};
  const cv::Mat clothes = base.regions.mask(Label::kUpper) + base.regions.mask(Label::kSkin);
  const cv::Rect whole(0, 0, kWidth, kHeight);
  const BaredLimbs limbs = BareLimbs(TheBody(), base, donor, clothes, ranges, whole);
  const cv::Mat bared =
      (truth.regions.mask(Label::kSkin) > .5f) & (base.regions.mask(Label::kUpper) > .5f);
  REQUIRE(cv::countNonZero(bared) > 600);
  // The part beside the donor's own sleeve end, and cuffs' edges, are not the bared skin's.
  CHECK(IouOf(bared, (limbs.clear > .5f) & (base.regions.mask(Label::kUpper) > .5f)) > .8);
  // What the donor shows is skin there.
  CHECK(cv::mean(limbs.known, limbs.clear > .5f)[0] > .9);
}

TEST_CASE("An arm that a sleeve hid to the wrist goes on into its hand", "[limb]") {
  const Subject base = Sleeved(9300100, 2).Make();
  const float scale = static_cast<float>(base.person.pixels_per_metre());
  for (const int side : {people::kLeft, people::kRight}) {
    CAPTURE(side);
    const auto axis = LimbAxis::Of(TheBody(), base.person, Limb::kArm, side);
    REQUIRE(axis);
    const cv::Mat& skin = base.regions.mask(Label::kSkin);
    const auto hand = EdgesBeyond(*axis, skin, .08f * scale, .01f * scale);
    REQUIRE(hand);
    const cv::Mat clothes = base.regions.mask(Label::kUpper) + skin;
    const LimbOutline edges = HiddenEdges(*axis, OutlineOf(*axis, clothes), OutlineOf(*axis, skin),
                                          {Limb::kArm, side, .4f, 2}, hand);
    CHECK(edges.right.At(2) == Approx(hand->right).margin(.5));
    CHECK(edges.left.At(2) == Approx(hand->left).margin(.5));
  }
  const auto axis = LimbAxis::Of(TheBody(), base.person, Limb::kArm, people::kLeft);
  CHECK(!EdgesBeyond(*axis, cv::Mat::zeros(kHeight, kWidth, CV_32F), .08f * scale, .01f * scale));
}

TEST_CASE("A bared arm has the shades that the donor's has along it", "[limb]") {
  Subject base = Sleeved(9300100, 1.85f).Make(), donor = Sleeved(9300101, .4f).Make();
  for (const int side : {people::kLeft, people::kRight}) {
    base.regions.limb_ends.push_back({Label::kUpper, side, 1.85, 1});
    donor.regions.limb_ends.push_back({Label::kUpper, side, .4, 1});
  }
  const auto middle_of = [](const Subject& subject) {
    const auto axis = LimbAxis::Of(TheBody(), subject.person, Limb::kArm, people::kLeft);
    REQUIRE(axis);
    return axis->At({1.2f, 0});
  };
  const auto with_shade = [&](float gain) {
    Subject shaded = donor;
    cv::Mat picture = FloatOf(donor.person.picture);
    const cv::Point middle(middle_of(donor));
    const cv::Rect band(middle.x - 20, middle.y - 4, 40, 8);
    cv::Mat part = picture(band);
    part *= gain;
    shaded.person.picture = ImageOf(picture);
    const Edited edited = SwapGarment(TheBody(), base, shaded, Garment::kUpper);
    const cv::Point at(middle_of(base));
    return cv::mean(
        LumaOf(FloatOf(edited.subject.person.picture))(cv::Rect(at.x - 2, at.y - 1, 4, 3)))[0];
  };
  CHECK(with_shade(.82f) < .95 * with_shade(1));
}

TEST_CASE("An arm behind the body is not laid over it", "[limb]") {
  RenderedSubject rendering = Sleeved(9300100, 1.85f);
  rendering.view.yaw = 80;
  const Subject base = rendering.Make();
  const Subject donor = Sleeved(9300101, .4f).Make();
  const cv::Mat clothes = base.regions.mask(Label::kUpper) + base.regions.mask(Label::kSkin);
  const auto shown = [&](int side) {
    const BaredLimbs limbs = BareLimbs(TheBody(), base, donor, clothes,
                                       {{Limb::kArm, side, .4f, 1.85f}}, {0, 0, kWidth, kHeight});
    return cv::countNonZero(limbs.alpha > .5f);
  };
  const int left = shown(people::kLeft), right = shown(people::kRight);
  const auto [behind, before] = std::minmax(left, right);
  CHECK(before > 300);
  CHECK(behind < before / 3);
}

TEST_CASE("Where the donor's sleeve ends before the base's, the arm between is bared", "[limb]") {
  Regions base, donor;
  base.limb_ends = {{Label::kUpper, people::kLeft, 2, 0}, {Label::kUpper, people::kRight, .5, 1}};
  donor.limb_ends = {{Label::kUpper, people::kLeft, .3, 1},
                     {Label::kUpper, people::kRight, .45, 1}};
  const std::vector<LimbRange> ranges = BaredRanges(base, donor, Label::kUpper, 1);
  REQUIRE(ranges.size() == 1);
  CHECK(ranges[0].side == people::kLeft);
  CHECK(ranges[0].from == Approx(.3));
  CHECK(ranges[0].to == Approx(2));
  CHECK(BaredRanges(base, donor, Label::kLower, 1).empty());
}

TEST_CASE("Short sleeves of nearly one length bare nothing, where bodies are fitted", "[limb]") {
  Regions base, donor;
  base.limb_ends = {{Label::kUpper, people::kLeft, .5, 1}};
  donor.limb_ends = {{Label::kUpper, people::kLeft, .3, 1}};
  CHECK(BaredRanges(base, donor, Label::kUpper, 1).empty());
  CHECK(BaredRanges(base, donor, Label::kUpper, 0).size() == 1);
}

TEST_CASE("A sleeve of nearly the old one's length fills it, where the body is fitted", "[limb]") {
  constexpr double kMisfit = .02;
  Subject base = Sleeved(9300100, .8f).Make(), donor = Sleeved(9300101, .6f).Make();
  for (const int side : {people::kLeft, people::kRight}) {
    base.regions.limb_ends.push_back({Label::kUpper, side, .8, 1});
    donor.regions.limb_ends.push_back({Label::kUpper, side, .6, 1});
  }
  const people::PosedBody beside =
      people::InPicture(base.person.body, 1, kMisfit * base.person.pixels_per_metre(), 0);
  base.person = MakePerson(TheBody(), base.person.picture, ImageOf(base.person.mask * 255), beside);
  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kUpper);
  // The lower end of the old sleeves.
  const cv::Mat old = base.regions.mask(Label::kUpper);
  cv::Mat sleeves(old.size(), CV_8U, cv::Scalar(0));
  for (const int side : {people::kLeft, people::kRight}) {
    const auto axis = LimbAxis::Of(TheBody(), base.person, Limb::kArm, side);
    REQUIRE(axis);
    for (int y = 0; y < old.rows; ++y) {
      for (int x = 0; x < old.cols; ++x) {
        const cv::Point2f pixel(static_cast<float>(x), static_cast<float>(y));
        if (axis->PlaceOf(pixel, .62f, .8f, 0) && old.at<float>(y, x) > .9f) {
          sleeves.at<uint8_t>(y, x) = 255;
        }
      }
    }
  }
  REQUIRE(cv::countNonZero(sleeves) > 100);
  CHECK(cv::mean(edited.subject.regions.mask(Label::kUpper), sleeves)[0] > .9);
}

TEST_CASE("A new edge near the old one becomes the old one, and another stays", "[limb]") {
  const cv::Mat old = Filled(120, 100, {20, 10, 60, 80});
  const cv::Mat body(old.size(), CV_32F, cv::Scalar(1)), wall(old.size(), CV_32F, cv::Scalar(0));
  // A hem eight pixels lower, and a sleeve of its own. The old edge's own pixels are covered: one
  // more to each side.
  cv::Mat fresh = Filled(120, 100, {20, 10, 60, 88});
  CHECK(IouOf(WithOldEdge(fresh, old, body, 6, 2) > .5f, Dilated(old, 1) > .5f) > .98);
  CHECK(IouOf(WithOldEdge(fresh, old, body, 3, 2) > .5f, fresh > .5f) > .95);
  fresh = Filled(120, 100, {50, 10, 30, 80});
  CHECK(IouOf(WithOldEdge(fresh, old, body, 6, 2) > .5f, fresh > .5f) > .94);
  // Narrower than the old one before the wall.
  fresh = Filled(120, 100, {26, 10, 48, 80});
  CHECK(IouOf(WithOldEdge(fresh, old, body, 6, 2) > .5f, Dilated(old, 1) > .5f) > .98);
  CHECK(IouOf(WithOldEdge(fresh, old, wall, 6, 2) > .5f, fresh > .5f) > .9);
  const cv::Mat nothing(old.size(), CV_32F, cv::Scalar(0));
  // But for its corners, which are rounded.
  CHECK(IouOf(WithOldEdge(fresh, nothing, body, 6, 2) > .5f, fresh > .5f) > .99);
}

TEST_CASE("A body that is known fits the outline, and one that is not does not", "[limb]") {
  const Subject subject = Sleeved(9300100, .5f).Make();
  CHECK(OutlineMisfit(TheBody(), subject.person) < .0003);
  Person moved = subject.person;
  for (people::Vec3& point : moved.body.points) point.x += .02f;
  CHECK(OutlineMisfit(TheBody(), moved) > .001);
}

}  // namespace
}  // namespace atelier::edit
