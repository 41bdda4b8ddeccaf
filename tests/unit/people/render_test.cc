#include <algorithm>
#include <map>

#include "people/look/coverage.h"
#include "people_fixture.h"

namespace atelier::people {
namespace {

/// Mean x of the pixels of one part; -1 where there is none.
double MeanX(const Image& iuv, BodyPart part) {
  double sum = 0;
  int count = 0;
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      if (iuv.at(y, x)[0] != static_cast<uint8_t>(part)) continue;
      sum += x;
      ++count;
    }
  }
  return count > 0 ? sum / count : -1;
}

int PixelsOf(const Image& iuv, BodyPart part) {
  int count = 0;
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    if (iuv.data[i] == static_cast<uint8_t>(part)) ++count;
  }
  return count;
}

int CountOf(const Image& image, uint8_t value) {
  return static_cast<int>(std::count(image.data.begin(), image.data.end(), value));
}

TEST_CASE("The same seeds render the same bytes and other seeds do not", "[people]") {
  const auto render = [](uint64_t person, uint64_t pose, uint64_t view) {
    return Render(TheBody(), SamplePerson(TheBody(), person), SamplePose(pose), SampleView(view),
                  SmallPicture());
  };
  const Rendering a = render(1, 2, 3);
  const Rendering again = render(1, 2, 3);
  CHECK(a.rgb == again.rgb);
  CHECK(a.iuv == again.iuv);
  CHECK(a.regions == again.regions);
  CHECK_FALSE(a.rgb == render(4, 2, 3).rgb);
  CHECK_FALSE(a.iuv == render(1, 5, 3).iuv);
  CHECK_FALSE(a.rgb == render(1, 2, 6).rgb);
}

TEST_CASE("A rendering has not drifted from the one this project was built with", "[people]") {
  // When the look of people is changed on purpose, the new numbers go here; a difference between
  // machines on one commit is a defect.
  const Rendering r = Render(TheBody(), SamplePerson(TheBody(), 5), SamplePose(6), SampleView(7));
  CHECK(Checksum(r.rgb) == 0xfeaa2590957695beULL);
  CHECK(Checksum(r.iuv) == 0x2e93c253ae388562ULL);
}

TEST_CASE("Body parts lie on the person, a border pixel apart", "[people]") {
  for (uint64_t seed = 20; seed < 28; ++seed) {
    const Rendering r = Render(TheBody(), SamplePerson(TheBody(), seed), SamplePose(seed),
                               SampleView(seed), SmallPicture());
    int on_body = 0;
    int off_mask = 0;
    for (int y = 0; y < r.iuv.height; ++y) {
      for (int x = 0; x < r.iuv.width; ++x) {
        if (r.iuv.at(y, x)[0] == 0) continue;
        ++on_body;
        if (*r.mask.at(y, x) == 0) ++off_mask;
      }
    }
    INFO("seed " << seed << ": " << off_mask << " of " << on_body);
    CHECK(on_body > 500);
    CHECK(off_mask * 50 < on_body);
  }
}

TEST_CASE("Every body part is seen over a handful of poses", "[people]") {
  std::map<int, int> pixels;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const View view =
        SampleView(seed, {.yaw = static_cast<double>(seed) * 45, .crop = Crop::kFull});
    const Rendering r = Render(TheBody(), SamplePerson(TheBody(), seed),
                               SamplePose(seed, PoseKind::kFree), view, SmallPicture());
    for (int i = 0; i < r.iuv.height * r.iuv.width; ++i) {
      ++pixels[r.iuv.data[static_cast<size_t>(i) * 3]];
    }
  }
  for (int part = 1; part <= kBodyPartCount; ++part) {
    INFO("part " << part);
    CHECK(pixels[part] > 10);
  }
  CHECK(pixels.rbegin()->first == kBodyPartCount);
}

TEST_CASE("Seen from the front the person's right is on the picture's left", "[people]") {
  const Rendering r =
      Render(TheBody(), SamplePerson(TheBody(), 3), SamplePose(3, PoseKind::kStand), FrontView());
  const double right_hand = MeanX(r.iuv, BodyPart::kRightHand);
  const double left_hand = MeanX(r.iuv, BodyPart::kLeftHand);
  REQUIRE(right_hand >= 0);
  REQUIRE(left_hand >= 0);
  CHECK(right_hand < left_hand);
  CHECK(MeanX(r.iuv, BodyPart::kRightFoot) < MeanX(r.iuv, BodyPart::kLeftFoot));
  CHECK(MeanX(r.iuv, BodyPart::kRightHead) < MeanX(r.iuv, BodyPart::kLeftHead));
  CHECK(PixelsOf(r.iuv, BodyPart::kTorsoBack) * 20 < PixelsOf(r.iuv, BodyPart::kTorsoFront));
  // Keypoints and parts agree on sides.
  CHECK(r.keypoints[4].x == Approx(right_hand).margin(12));
  CHECK(r.keypoints[7].x == Approx(left_hand).margin(12));
  CHECK(r.face_visible);
}

TEST_CASE("Seen from behind the person's right is on the picture's right", "[people]") {
  View view = FrontView();
  view.yaw = 180;
  const Rendering r =
      Render(TheBody(), SamplePerson(TheBody(), 3), SamplePose(3, PoseKind::kStand), view);
  CHECK(MeanX(r.iuv, BodyPart::kRightHand) > MeanX(r.iuv, BodyPart::kLeftHand));
  CHECK(PixelsOf(r.iuv, BodyPart::kTorsoFront) * 20 < PixelsOf(r.iuv, BodyPart::kTorsoBack));
  CHECK_FALSE(r.face_visible);
  CHECK(r.keypoints[0].confidence == .5f);
}

TEST_CASE("A full view keeps every keypoint and all of the body inside the picture", "[people]") {
  for (uint64_t seed = 40; seed < 60; ++seed) {
    const View view = SampleView(seed, {.crop = Crop::kFull});
    const Rendering r =
        Render(TheBody(), SamplePerson(TheBody(), seed), SamplePose(seed), view, SmallPicture());
    for (const Keypoint& k : r.keypoints) {
      INFO("seed " << seed << " at " << k.x << ", " << k.y);
      CHECK(k.confidence > 0);
    }
    for (int y = 0; y < r.iuv.height; ++y) {
      CHECK(r.iuv.at(y, 0)[0] == 0);
      CHECK(r.iuv.at(y, r.iuv.width - 1)[0] == 0);
    }
  }
}

TEST_CASE("A wide picture frames spread arms as well as a tall one", "[people]") {
  const Pose pose = SamplePose(12, PoseKind::kRaise);
  for (const auto& [height, width] : {std::pair{64, 160}, std::pair{160, 64}, std::pair{96, 96}}) {
    const Rendering r = Render(TheBody(), SamplePerson(TheBody(), 1), pose, FrontView(),
                               {.height = height, .width = width, .supersample = 1});
    CHECK(r.rgb.height == height);
    CHECK(r.rgb.width == width);
    for (const Keypoint& k : r.keypoints) CHECK(k.confidence > 0);
  }
}

TEST_CASE("An upper crop leaves the feet outside and says so", "[people]") {
  const View view = SampleView(5, {.yaw = 0, .crop = Crop::kUpper});
  const Rendering r =
      Render(TheBody(), SamplePerson(TheBody(), 2), SamplePose(2, PoseKind::kStand), view);
  CHECK(r.keypoints[10].confidence == 0);
  CHECK(r.keypoints[13].confidence == 0);
  CHECK(r.keypoints[0].confidence == 1);
  CHECK_FALSE(r.face.empty());
}

TEST_CASE("Regions cover the mask and nothing else", "[people]") {
  const Rendering r =
      Render(TheBody(), SamplePerson(TheBody(), 8), SamplePose(8, PoseKind::kStand), FrontView());
  for (size_t i = 0; i < r.mask.data.size(); ++i) {
    CHECK((r.mask.data[i] == 255) == (r.regions.data[i] != 0));
  }
  CHECK(CountOf(r.regions, static_cast<uint8_t>(Region::kTop)) > 300);
  CHECK(CountOf(r.regions, static_cast<uint8_t>(Region::kBottom)) > 300);
  CHECK(CountOf(r.regions, static_cast<uint8_t>(Region::kFace)) > 30);
}

TEST_CASE("A swapped top changes the picture where the top is and nowhere else", "[people]") {
  Person person = SamplePerson(TheBody(), 21);
  person.look.jacket.reset();
  person.look.bottom.kind = BottomKind::kTrousers;
  const Pose pose = SamplePose(21, PoseKind::kStand);
  const Rendering before = Render(TheBody(), person, pose, FrontView(), SmallPicture());
  person.look.top.fabric.kind = FabricKind::kSolid;
  person.look.top.fabric.trim = false;
  person.look.top.fabric.colours[0] = {.9f, .1f, .6f};
  const Rendering after = Render(TheBody(), person, pose, FrontView(), SmallPicture());
  CHECK(before.iuv == after.iuv);
  CHECK(before.regions == after.regions);
  int changed_top = 0;
  int changed_far = 0;
  for (int y = 1; y + 1 < before.rgb.height; ++y) {
    for (int x = 1; x + 1 < before.rgb.width; ++x) {
      if (std::equal(before.rgb.at(y, x), before.rgb.at(y, x) + 3, after.rgb.at(y, x))) continue;
      bool near_top = false;
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -1; dx <= 1; ++dx) {
          near_top |= *before.regions.at(y + dy, x + dx) == static_cast<uint8_t>(Region::kTop);
        }
      }
      ++(near_top ? changed_top : changed_far);
    }
  }
  CHECK(changed_top > 300);
  CHECK(changed_far == 0);
}

TEST_CASE("Coverage is positive inside a garment and negative past its hem", "[people]") {
  Top top;
  top.sleeve = .6f;
  top.hem = .05f;
  Attributes chest;
  chest.at = {.05f, .3f, .12f};
  CHECK(TopCoverage(top, chest) > 0);
  Attributes thigh = chest;
  thigh.at.y = -.1f;
  CHECK(TopCoverage(top, thigh) < 0);
  Attributes forearm;
  forearm.at = {.4f, .3f, .1f};
  forearm.arm_weight = 1;
  forearm.arm = 1.4f;
  CHECK(TopCoverage(top, forearm) < 0);
  forearm.arm = .3f;
  CHECK(TopCoverage(top, forearm) > 0);
}

}  // namespace
}  // namespace atelier::people
