#include <set>

#include "people/body/vec.h"
#include "people/look/emblem.h"
#include "people_fixture.h"

namespace atelier::people {
namespace {

TEST_CASE("Our elementary functions agree with the C library's", "[people]") {
  for (float x = -9; x < 9; x += .037f) {
    CHECK(Sin(x) == Approx(std::sin(x)).margin(2e-6));
    CHECK(Cos(x) == Approx(std::cos(x)).margin(2e-6));
    CHECK(Exp(x) == Approx(std::exp(x)).epsilon(2e-5));
    CHECK(Atan2(x, 1.7f) == Approx(std::atan2(x, 1.7f)).margin(2e-5));
    CHECK(Atan2(x, -.4f) == Approx(std::atan2(x, -.4f)).margin(2e-5));
  }
  CHECK(Acos(-1) == Approx(kPi).margin(1e-5));
  CHECK(FloorToInt(-.25f) == -1);
  CHECK(FloorToInt(-2.0f) == -2);
}

TEST_CASE("A rotation turns y into z about x", "[people]") {
  const Vec3 turned = Rotation({1, 0, 0}, 90) * Vec3{0, 1, 0};
  CHECK(turned.z == Approx(1).margin(1e-5));
  CHECK(turned.y == Approx(0).margin(1e-5));
}

TEST_CASE("People drawn in a row are not all alike", "[people]") {
  std::set<int> hair, bottoms, fabrics;
  std::set<float> skins;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Person p = SamplePerson(TheBody(), seed);
    hair.insert(static_cast<int>(p.look.hair.style));
    bottoms.insert(static_cast<int>(p.look.bottom.kind));
    fabrics.insert(static_cast<int>(p.look.top.fabric.kind));
    skins.insert(p.look.skin.x);
  }
  CHECK(hair.size() >= 6);
  CHECK(bottoms.size() == 4);
  CHECK(fabrics.size() >= 8);
  CHECK(skins.size() >= 40);
}

TEST_CASE("A garment is never the colour of its wearer's skin", "[people]") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Look look = SamplePerson(TheBody(), seed).look;
    if (look.top.fabric.kind == FabricKind::kDenim) continue;
    const Vec3 d = look.top.fabric.colours[0] - look.skin;
    CHECK(std::max({std::fabs(d.x), std::fabs(d.y), std::fabs(d.z)}) >= .22f);
  }
}

TEST_CASE("A pose of a wanted kind is of that kind and its limbs have length one", "[people]") {
  for (int kind = 1; kind < kPoseKindCount; ++kind) {
    const Pose pose = SamplePose(17, static_cast<PoseKind>(kind));
    CHECK(static_cast<int>(pose.kind) == kind);
    for (const auto& limbs : {pose.arms, pose.legs}) {
      for (const Limb& limb : limbs) {
        CHECK(Length(limb.upper) == Approx(1).margin(1e-4));
        CHECK(Length(limb.lower) == Approx(1).margin(1e-4));
      }
    }
  }
}

TEST_CASE("A view keeps what its options fix and takes another's scene whole", "[people]") {
  const View a = SampleView(3, {.yaw = 42, .crop = Crop::kKnee});
  CHECK(a.yaw == 42);
  CHECK(a.crop == Crop::kKnee);
  const View b = SampleView(4);
  const View both = a.WithSceneOf(b);
  CHECK(both.yaw == 42);
  CHECK(both.scene.background.x == b.scene.background.x);
  CHECK(both.scene.light.x == b.scene.light.x);
  CHECK(both.scene.ambient == b.scene.ambient);
}

TEST_CASE("Every emblem prints something and leaves something blank", "[people]") {
  std::set<int> kinds;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const Emblem emblem = DrawEmblem(random);
    kinds.insert(static_cast<int>(emblem.kind));
    const std::vector<uint8_t> print = RasteriseEmblem(emblem);
    const auto inked = std::count(print.begin(), print.end(), 1);
    INFO("kind " << static_cast<int>(emblem.kind) << " text " << emblem.text);
    CHECK(inked > 300);
    CHECK(inked < 8500);
  }
  CHECK(kinds.size() == 6);
}

}  // namespace
}  // namespace atelier::people
