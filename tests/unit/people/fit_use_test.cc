// What a fit is good for: other poses, and the texture's pixels.
#include <numeric>

#include "fit_fixture.h"
#include "people/carry/texture_surface.h"
#include "people/fit/retarget.h"

namespace atelier::people {
namespace {

int Area(const Image& iuv) {
  int count = 0;
  for (size_t i = 0; i < iuv.data.size(); i += 3) count += iuv.data[i] != 0;
  return count;
}

Vec3 MiddleOf(const FittedBody& body, const std::array<int, 2>& bones) {
  const std::vector<Vec3> joints = TheFitter().Joints(body);
  return (joints[static_cast<size_t>(bones[0])] + joints[static_cast<size_t>(bones[1])]) * .5f;
}

TEST_CASE("A thin person stays thin in a stout person's pose, with the torso where theirs was",
          "[fit]") {
  FittedBody thin = MakePerson(21, 0), stout = MakePerson(22, 25);
  for (int k = kGirthBlock.first; k < kGirthBlock.end(); ++k) {
    thin.parameters[static_cast<size_t>(k)] = -.15;
    stout.parameters[static_cast<size_t>(k)] = .2;
  }
  const FittedBody moved = InPoseOf(TheFitter(), thin, stout);
  const Image before = TheFitter().Iuv(stout, kFitHeight, kFitWidth);
  const Image after = TheFitter().Iuv(moved, kFitHeight, kFitWidth);
  CHECK(Area(after) < .85 * Area(before));
  // The pose is the target's, the body the source's.
  for (int k = kRootBlock.first; k < kShapeBlock.first; ++k) {
    CHECK(moved.parameters[static_cast<size_t>(k)] == stout.parameters[static_cast<size_t>(k)]);
  }
  for (int k = kShapeBlock.first; k < kParameterCount; ++k) {
    CHECK(moved.parameters[static_cast<size_t>(k)] == thin.parameters[static_cast<size_t>(k)]);
  }
  const Bones& bones = SharedBody()->bones();
  const auto torso = [&](const FittedBody& body) {
    const FitCamera camera(body.parameters, body.distance);
    const ScreenPoint above = camera.Screen(MiddleOf(body, bones.upper_arm));
    const ScreenPoint below = camera.Screen(MiddleOf(body, bones.thigh));
    return std::array<float, 3>{(above.x + below.x) / 2, (above.y + below.y) / 2,
                                std::hypot(above.x - below.x, above.y - below.y)};
  };
  for (size_t i = 0; i < 3; ++i) {
    CHECK(torso(moved)[i] == Approx(torso(stout)[i]).margin(1.5));
  }
}

TEST_CASE("A body goes along when its picture is scaled and padded", "[fit]") {
  const FittedBody person = MakePerson(23, 10);
  const FittedBody moved = InPicture(person, 2, 7, -3);
  const std::vector<ScreenPoint> before = TheFitter().Project(person);
  const std::vector<ScreenPoint> after = TheFitter().Project(moved);
  const auto nose = static_cast<size_t>(SharedBody()->nose_vertex());
  CHECK(after[nose].x == Approx(2 * before[nose].x + 7).margin(.01));
  CHECK(after[nose].y == Approx(2 * before[nose].y - 3).margin(.01));
  CHECK(after[nose].depth == Approx(before[nose].depth));
}

TEST_CASE("Texels come from pixels that see the surface squarely, well inside of the mask",
          "[fit]") {
  const FittedBody person = MakePerson(24, 20);
  const PersonObservation seen = Observe(person);
  const std::vector<ScreenPoint> screen = TheFitter().Project(person);
  const Image iuv =
      IuvOf(*SharedBody(), screen, DrawSurface(*SharedBody(), screen, kFitHeight, kFitWidth));
  const TextureSurface surface = SurfaceForTexture(TheFitter(), {person, {}}, seen.mask);
  REQUIRE(surface.iuv.height == kFitHeight);
  const int kept = Area(surface.iuv);
  CHECK(kept > .4 * Area(iuv));
  CHECK(kept < .95 * Area(iuv));
  int grazing = 0, at_edge = 0, moved = 0;
  for (int y = 1; y + 1 < kFitHeight; ++y) {
    for (int x = 1; x + 1 < kFitWidth; ++x) {
      const uint8_t* place = surface.iuv.at(y, x);
      CHECK_FALSE((place[0] == 0 && *surface.squareness.at(y, x) != 0));
      if (place[0] == 0) continue;
      moved += !std::equal(place, place + 3, iuv.at(y, x));
      grazing += *surface.squareness.at(y, x) < .25 * 255 - 1;
      for (int d = -1; d <= 1; ++d) {
        at_edge += *seen.mask.at(y, x + d) == 0 || *seen.mask.at(y + d, x) == 0;
      }
    }
  }
  CHECK(grazing == 0);
  CHECK(at_edge == 0);
  CHECK(moved == 0);
}

TEST_CASE("No texel comes from beside a hand that lies before the body", "[fit]") {
  FittedBody person = MakePerson(25, 0);
  // The left hand before the belly.
  const SideBlocks& left = kLeftBlocks;
  person.parameters[static_cast<size_t>(left.elbow.first)] = 1.2;
  person.parameters[static_cast<size_t>(left.upper_arm.first)] = 0;
  person.parameters[static_cast<size_t>(left.upper_arm.first + 1)] = -.5;
  person.parameters[static_cast<size_t>(left.upper_arm.first + 2)] = -.5;
  const Image iuv = IuvOf(person);
  const Image everywhere(kFitHeight, kFitWidth, 1, 255);
  const TextureSurface surface = SurfaceForTexture(TheFitter(), {person, {}}, everywhere);
  constexpr auto kHand = static_cast<uint8_t>(BodyPart::kLeftHand);
  int hand_on_body = 0, kept_beside = 0;
  for (int y = 4; y + 4 < kFitHeight; ++y) {
    for (int x = 4; x + 4 < kFitWidth; ++x) {
      const uint8_t part = iuv.at(y, x)[0];
      const bool torso = part == 1 || part == 2;
      const bool beside = torso && (iuv.at(y, x - 3)[0] == kHand || iuv.at(y, x + 3)[0] == kHand ||
                                    iuv.at(y - 3, x)[0] == kHand || iuv.at(y + 3, x)[0] == kHand);
      hand_on_body += beside;
      kept_beside += beside && surface.iuv.at(y, x)[0] != 0;
    }
  }
  REQUIRE(hand_on_body > 20);
  CHECK(kept_beside == 0);
}

}  // namespace
}  // namespace atelier::people
