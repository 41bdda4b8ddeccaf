// The body fitter on what a network without errors would see.
#include <algorithm>

#include "fit_fixture.h"

namespace atelier::people {
namespace {

int PixelsOf(const Image& iuv, BodyPart part) {
  int count = 0;
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    count += iuv.data[i] == static_cast<uint8_t>(part);
  }
  return count;
}

bool Has(const BodyFit& fit, FitDoubt::Kind kind) {
  return std::any_of(fit.doubts.begin(), fit.doubts.end(),
                     [&](const FitDoubt& doubt) { return doubt.kind == kind; });
}

TEST_CASE("A person made from parameters is found again, seen from any side", "[fit]") {
  for (const double yaw : {0.0, 35.0, -80.0, 180.0}) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const FittedBody person = MakePerson(seed, yaw);
      const auto fit = TheFitter().Fit(Observe(person), {.clothes = 0});
      INFO("yaw " << yaw << " seed " << seed);
      REQUIRE(fit);
      CHECK(fit->mask_iou > .93);
      CHECK(RightParts(fit->iuv, IuvOf(person)) > .85);
      CHECK(fit->reprojection_error < .015);
      CHECK(std::cos((fit->yaw_degrees - yaw) * std::acos(-1.0) / 180) > .96);
      CHECK(fit->doubts.empty());
    }
  }
}

TEST_CASE("A back is fitted as a back: its sides and its front are not confused", "[fit]") {
  const FittedBody person = MakePerson(4, 180);
  const auto fit = TheFitter().Fit(Observe(person));
  REQUIRE(fit);
  CHECK(PixelsOf(fit->iuv, BodyPart::kTorsoBack) > 10 * PixelsOf(fit->iuv, BodyPart::kTorsoFront));
  // Keypoints 2 and 5 are the right and the left shoulder.
  CHECK(fit->keypoints[2].x > fit->keypoints[5].x);
  CHECK(std::abs(fit->yaw_degrees) > 150);

  const auto front = TheFitter().Fit(Observe(MakePerson(4, 0)));
  REQUIRE(front);
  CHECK(PixelsOf(front->iuv, BodyPart::kTorsoFront) >
        10 * PixelsOf(front->iuv, BodyPart::kTorsoBack));
  CHECK(front->keypoints[2].x < front->keypoints[5].x);
}

TEST_CASE("Clothes that stand off the body do not make the body fat", "[fit]") {
  const FittedBody person = MakePerson(5, 0);
  PersonObservation dressed = Observe(person);
  // 1.6 cm are 2 pixels here.
  const Image naked = dressed.mask;
  for (int y = 2; y + 2 < naked.height; ++y) {
    for (int x = 2; x + 2 < naked.width; ++x) {
      for (int d = -2; d <= 2; ++d) {
        if (*naked.at(y, x + d) != 0 || *naked.at(y + d, x) != 0) *dressed.mask.at(y, x) = 255;
      }
    }
  }
  const auto fit = TheFitter().Fit(dressed, {.clothes = .016});
  REQUIRE(fit);
  const auto area = [](const Image& iuv) {
    int count = 0;
    for (size_t i = 0; i < iuv.data.size(); i += 3) count += iuv.data[i] != 0;
    return static_cast<double>(count);
  };
  CHECK(area(fit->iuv) < 1.04 * area(IuvOf(person)));
  const auto tight = TheFitter().Fit(dressed, {.clothes = 0});
  REQUIRE(tight);
  CHECK(area(tight->iuv) > 1.04 * area(fit->iuv));
}

TEST_CASE("A picture twice as large gives the same fit twice as large", "[fit]") {
  const FittedBody person = MakePerson(6, 20);
  FittedBody larger = person;
  larger.parameters[0] += std::log(2);
  larger.parameters[1] *= 2;
  larger.parameters[2] *= 2;
  const auto fit = TheFitter().Fit(Observe(person));
  const auto twice = TheFitter().Fit(Observe(larger, 2 * kFitHeight, 2 * kFitWidth));
  REQUIRE(fit);
  REQUIRE(twice);
  CHECK(twice->iuv.height == 2 * kFitHeight);
  for (size_t i = 0; i < fit->keypoints.size(); ++i) {
    CHECK(twice->keypoints[i].x == Approx(2 * fit->keypoints[i].x).margin(4));
    CHECK(twice->keypoints[i].y == Approx(2 * fit->keypoints[i].y).margin(4));
  }
}

TEST_CASE("Nobody, no head and a mask of somebody else are errors with a reason", "[fit]") {
  const PersonObservation good = Observe(MakePerson(7, 0));
  const auto reason = [](const PersonObservation& observation, const FitOptions& options = {}) {
    const auto fit = TheFitter().Fit(observation, options);
    return fit ? std::string() : fit.error().reason;
  };
  CHECK(reason(good).empty());
  SECTION("no mask") {
    PersonObservation bad = good;
    bad.mask = Image();
    CHECK(reason(bad) == "INVALID_FIELD");
    bad.mask = Image(256, 176, 3, 255);
    CHECK(reason(bad) == "INVALID_FIELD");
  }
  SECTION("an empty mask") {
    PersonObservation bad = good;
    bad.mask = Image(256, 176, 1);
    CHECK(reason(bad) == "NO_PERSON");
  }
  SECTION("landmarks that are no numbers, or all in one place") {
    PersonObservation bad = good;
    bad.landmarks[kBlazeLeftKnee].x = std::numeric_limits<float>::quiet_NaN();
    CHECK(reason(bad) == "INVALID_FIELD");
    bad = good;
    for (ObservedLandmark& landmark : bad.landmarks) landmark.world = {};
    CHECK(reason(bad) == "INVALID_FIELD");
  }
  SECTION("a head above the picture") {
    PersonObservation bad = good;
    for (int i = 0; i <= kBlazeRightEar; ++i) bad.landmarks[static_cast<size_t>(i)].y = -5;
    CHECK(reason(bad) == "HEAD_NOT_SEEN");
    // Whoever knows the answer may say so.
    CHECK(reason(bad, {.facing = Facing::kFront}).empty());
  }
  SECTION("a mask beside the landmarks") {
    PersonObservation bad = good;
    bad.mask = Image(256, 176, 1);
    for (int y = 200; y < 256; ++y) std::fill_n(bad.mask.at(y, 120), 56, uint8_t{255});
    CHECK(reason(bad) == "FIT_POOR");
    CHECK(reason(bad, {.least_mask_iou = 0}).empty());
  }
}

TEST_CASE("Landmarks without sense give an error or a fit in numbers, and never a crash", "[fit]") {
  Random random(77);
  const PersonObservation good = Observe(MakePerson(10, 0));
  int fitted = 0, refused = 0;
  for (int i = 0; i < 12; ++i) {
    PersonObservation bad = good;
    for (ObservedLandmark& landmark : bad.landmarks) {
      if (i % 3 == 0) landmark.world = landmark.world * -1.0f;
      if (i % 3 == 1) landmark.world = DrawVec3(random, -2, 2);
      if (i % 2 == 0) {
        landmark.x = Draw(random, -3e4, 3e4);
        landmark.y = Draw(random, -3e4, 3e4);
      }
    }
    bad.landmarks[kBlazeNose].x = bad.landmarks[kBlazeNose].y = 40;  // the head is in the picture
    const auto fit = TheFitter().Fit(bad, {.least_mask_iou = 0});
    if (!fit) {
      ++refused;
      CHECK((fit.error().reason == "FIT_POOR" || fit.error().reason == "INVALID_FIELD"));
      continue;
    }
    ++fitted;
    CHECK(std::isfinite(fit->mask_iou));
    CHECK(std::isfinite(fit->reprojection_error));
    CHECK(fit->iuv.height == kFitHeight);
  }
  CHECK(fitted + refused == 12);
}

TEST_CASE("In a picture of a head alone no limb comes behind the camera", "[fit]") {
  FittedBody person = MakePerson(15, 0);
  // The face fills the picture.
  person.parameters[0] += std::log(7);
  person.parameters[2] = kFitHeight / 2.0 + .7 * kFitHeight / 2.1 * 7;
  const auto fit = TheFitter().Fit(Observe(person), {.least_mask_iou = 0});
  REQUIRE(fit);
  for (const ScreenPoint& point : TheFitter().Project(fit->body)) REQUIRE(point.depth > 0);
  CHECK(fit->mask_iou > .7);
}

TEST_CASE("A facing that is known turns landmarks that were read the wrong way round", "[fit]") {
  const FittedBody person = MakePerson(8, 170);
  PersonObservation seen = Observe(person);
  // A bald head from behind, read as a face: the picture's left shoulder is taken for the right.
  for (int i = kBlazeLeftEar; i < kObservedLandmarkCount; i += 2) {
    std::swap(seen.landmarks[static_cast<size_t>(i)], seen.landmarks[static_cast<size_t>(i + 1)]);
  }
  for (ObservedLandmark& landmark : seen.landmarks) landmark.world.z *= -1;
  const auto wrong = TheFitter().Fit(seen);
  REQUIRE(wrong);
  CHECK(std::abs(wrong->yaw_degrees) < 60);
  const auto turned = TheFitter().Fit(seen, {.facing = Facing::kBack});
  REQUIRE(turned);
  CHECK(std::abs(turned->yaw_degrees) > 140);
  CHECK(RightParts(turned->iuv, IuvOf(person)) > .8);
}

TEST_CASE("A fit that may be the wrong way round says so", "[fit]") {
  const PersonObservation front = Observe(MakePerson(9, 0));
  SECTION("who looks at the camera has a face that can be found") {
    const auto without = TheFitter().Fit(front, {.face_found = false});
    REQUIRE(without);
    CHECK(Has(*without, FitDoubt::Kind::kFaceNotFound));
    CHECK(without->confidence < .5);
    const auto with = TheFitter().Fit(front, {.face_found = true});
    REQUIRE(with);
    CHECK(with->doubts.empty());
    CHECK(with->confidence > .8);
    const auto back = TheFitter().Fit(Observe(MakePerson(9, 180)), {.face_found = false});
    REQUIRE(back);
    CHECK(back->doubts.empty());
  }
  SECTION("a head seen from behind on a body seen from the front") {
    PersonObservation odd = front;
    const PersonObservation back = Observe(MakePerson(9, 180));
    for (size_t i = 0; i <= kBlazeRightEar; ++i) odd.landmarks[i] = back.landmarks[i];
    const auto fit = TheFitter().Fit(odd, {.least_mask_iou = 0});
    REQUIRE(fit);
    CHECK(Has(*fit, FitDoubt::Kind::kHeadTurned));
    CHECK(fit->confidence < .5);
  }
}

}  // namespace
}  // namespace atelier::people
