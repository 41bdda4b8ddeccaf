#include "people/render/swap.h"

#include <algorithm>

#include "people/render/masks.h"
#include "people_fixture.h"

namespace atelier::people {
namespace {

constexpr Scene kBlueWall{.background = {.4f, .5f, .7f}};

/// Contact shade is blurred over .067 m; the pictures here show 66 pixels a metre. One more pixel
/// for edges that lie between two.
constexpr int kReach = 6;

/// A pair of people, a pose and a view by number; every fourth view is from behind.
SwapRendering MakeSwap(uint64_t number, SwapRegions regions) {
  View view = SampleView(number, {.yaw = 50.0 * static_cast<double>(number), .crop = Crop::kFull});
  return RenderSwap(TheBody(), SamplePerson(TheBody(), number),
                    SamplePerson(TheBody(), number + 500), kBlueWall, regions, SamplePose(number),
                    view, SmallPicture());
}

struct Changes {
  int inside = 0;    // of the regions themselves
  int far = 0;       // further than their edges and shade reach
  int unmasked = 0;  // outside of the rendering's own mask
};

Changes Count(const SwapRendering& swap, SwapRegions regions) {
  const Image mask = SwapMask(swap.before, swap.after, regions);
  const Image reached = Grown(mask, kReach);
  Changes changes;
  for (size_t i = 0; i < reached.data.size(); ++i) {
    const uint8_t* a = &swap.before.rgb.data[i * 3];
    if (std::equal(a, a + 3, &swap.after.rgb.data[i * 3])) continue;
    if (mask.data[i] != 0) ++changes.inside;
    if (reached.data[i] == 0) ++changes.far;
    if (swap.mask.data[i] == 0) ++changes.unmasked;
  }
  return changes;
}

TEST_CASE("A swap changes its region, and past its edges and its shade next to nothing",
          "[people]") {
  for (int i = 0; i < kSwapRegionCount; ++i) {
    const auto region = static_cast<SwapRegion>(i);
    // Looser trousers lift what hangs over them; a slit of wall is no pixel's greater part.
    const int allowed = region == SwapRegion::kLower ? 24 : 3;
    int inside = 0;
    for (uint64_t number = 30; number < 42; ++number) {
      const Changes changes = Count(MakeSwap(number, {region}), {region});
      INFO(kSwapRegionNames[static_cast<size_t>(i)] << " of " << number);
      CHECK(changes.far <= allowed);
      CHECK(changes.unmasked == 0);
      inside += changes.inside;
    }
    INFO(kSwapRegionNames[static_cast<size_t>(i)]);
    CHECK(inside > 200);
  }
}

TEST_CASE("A swap never moves the body nor the pose that is read from it", "[people]") {
  for (uint64_t number = 30; number < 36; ++number) {
    const SwapRendering clothes =
        MakeSwap(number, {SwapRegion::kUpper, SwapRegion::kLower, SwapRegion::kShoes,
                          SwapRegion::kHair, SwapRegion::kSkin, SwapRegion::kBackground});
    CHECK(clothes.before.iuv == clothes.after.iuv);
    const SwapRendering face = MakeSwap(number, {SwapRegion::kFace});
    for (const size_t wrist : {size_t{4}, size_t{7}}) {
      CHECK(face.before.keypoints[wrist].x == face.after.keypoints[wrist].x);
      CHECK(face.before.keypoints[wrist].y == face.after.keypoints[wrist].y);
    }
  }
}

TEST_CASE("A swapped region is the donor's to the last parameter, the others the base's",
          "[people]") {
  int dresses = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Person base = SamplePerson(TheBody(), seed);
    const Person donor = SamplePerson(TheBody(), seed + 100);
    const Look &b = base.look, &d = donor.look;
    const bool dressed = b.bottom.kind == BottomKind::kDress || d.bottom.kind == BottomKind::kDress;
    dresses += dressed;
    const Look upper = Swap(base, donor, {SwapRegion::kUpper}).look;
    CHECK(upper.top.fabric == d.top.fabric);
    CHECK(upper.jacket == d.jacket);
    CHECK(upper.bottom.fabric == b.bottom.fabric);
    if (!dressed) CHECK(upper.top == d.top);
    if (!dressed) CHECK(upper.bottom == b.bottom);
    const Look lower = Swap(base, donor, {SwapRegion::kLower}).look;
    CHECK(lower.bottom.fabric == d.bottom.fabric);
    CHECK(lower.top.fabric == b.top.fabric);
    if (!dressed) CHECK(lower.bottom == d.bottom);
    const Look all = Swap(base, donor,
                          {SwapRegion::kUpper, SwapRegion::kLower, SwapRegion::kShoes,
                           SwapRegion::kHair, SwapRegion::kSkin})
                         .look;
    CHECK(all.top == d.top);
    CHECK(all.bottom == d.bottom);
    CHECK(all.shoes == d.shoes);
    CHECK(all.hair == d.hair);
    CHECK(all.skin == d.skin);
    CHECK(all.face.shape == b.face.shape);
    CHECK(all.face.beard_colour == b.face.beard_colour);
    const Person face = Swap(base, donor, {SwapRegion::kFace, SwapRegion::kSkin});
    CHECK(face.look.face.iris == d.face.iris);
    CHECK(face.look.face.lip_tint == d.face.lip_tint);
    CHECK(face.look.face.beard_colour == d.hair.colour);
    CHECK(face.look.hair == b.hair);
    CHECK(face.shape == base.shape);
  }
  CHECK(dresses > 3);
}

TEST_CASE("Half a dress is a top or a skirt, never a dress without its other half", "[people]") {
  Person dressed = SamplePerson(TheBody(), 1), other = SamplePerson(TheBody(), 2);
  dressed.look.bottom.kind = BottomKind::kDress;
  dressed.look.bottom.fabric = dressed.look.top.fabric;
  dressed.look.top.hem = .12f;
  other.look.bottom.kind = BottomKind::kTrousers;
  for (const SwapRegion half : {SwapRegion::kUpper, SwapRegion::kLower}) {
    for (const auto& [base, donor] : {std::pair{dressed, other}, std::pair{other, dressed}}) {
      const Look look = Swap(base, donor, {half}).look;
      CHECK(look.bottom.kind != BottomKind::kDress);
      // The hem meets the lowest waist there is.
      CHECK(look.top.hem < .12f);
    }
  }
  const SwapRegions both = {SwapRegion::kUpper, SwapRegion::kLower};
  CHECK(Swap(other, dressed, both).look.bottom.kind == BottomKind::kDress);
  CHECK(Swap(other, dressed, both).look.top.hem == .12f);
}

TEST_CASE("Swapping nothing, or a person with themselves, changes no byte", "[people]") {
  const SwapRendering nothing = MakeSwap(31, {});
  CHECK(nothing.before.rgb == nothing.after.rgb);
  CHECK(std::count(nothing.mask.data.begin(), nothing.mask.data.end(), 255) == 0);
  const Person person = SamplePerson(TheBody(), 7);
  const View view = SampleView(7);
  const SwapRendering self =
      RenderSwap(TheBody(), person, person, view.scene,
                 {SwapRegion::kUpper, SwapRegion::kLower, SwapRegion::kShoes, SwapRegion::kHair,
                  SwapRegion::kFace, SwapRegion::kSkin, SwapRegion::kBackground},
                 SamplePose(7), view, SmallPicture());
  CHECK(self.before.rgb == self.after.rgb);
  CHECK(self.before.iuv == self.after.iuv);
}

TEST_CASE("The same swap renders the same bytes twice", "[people]") {
  const SwapRendering a = MakeSwap(33, {SwapRegion::kUpper, SwapRegion::kFace});
  const SwapRendering b = MakeSwap(33, {SwapRegion::kUpper, SwapRegion::kFace});
  CHECK(a.after.rgb == b.after.rgb);
  CHECK(a.mask == b.mask);
}

TEST_CASE("A picture is framed for the person it is asked to be framed for", "[people]") {
  const Person tall = SamplePerson(TheBody(), 11), small = SamplePerson(TheBody(), 12);
  const Pose pose = SamplePose(3, PoseKind::kStand);
  RenderOptions options = SmallPicture();
  const Rendering own = Render(TheBody(), tall, pose, FrontView(), options);
  options.framed_for = &tall;
  CHECK(Render(TheBody(), tall, pose, FrontView(), options).rgb == own.rgb);
  options.framed_for = &small;
  CHECK_FALSE(Render(TheBody(), tall, pose, FrontView(), options).rgb == own.rgb);
}

TEST_CASE("Masks of regions part the picture, and growing one covers its neighbours", "[people]") {
  const Rendering r =
      Render(TheBody(), SamplePerson(TheBody(), 8), SamplePose(8), FrontView(), SmallPicture());
  int pixels = 0;
  for (int region = 0; region < kRegionCount; ++region) {
    const Image mask = RegionMask(r, {static_cast<Region>(region)});
    pixels += static_cast<int>(std::count(mask.data.begin(), mask.data.end(), 255));
  }
  CHECK(pixels == r.rgb.height * r.rgb.width);
  Image dot(9, 9, 1);
  *dot.at(0, 4) = 255;
  const Image grown = Grown(dot, 2);
  CHECK(std::count(grown.data.begin(), grown.data.end(), 255) == 3 * 5);
  CHECK(*grown.at(2, 6) == 255);
  CHECK(*grown.at(3, 4) == 0);
}

}  // namespace
}  // namespace atelier::people
