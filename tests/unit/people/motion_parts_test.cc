// Smoothing, cuts and motion between poses.
#include "motion_fixture.h"
#include "people/fit/retarget.h"
#include "people/motion/film_cuts.h"
#include "people/motion/interpolate.h"
#include "people/motion/pose_channels.h"
#include "people/motion/smooth_track.h"

namespace atelier::people {
namespace {

constexpr double kDt = .04;

std::vector<TrackPoint> NoisySine(double noise, int count) {
  Random random(3);
  std::vector<TrackPoint> points(static_cast<size_t>(count));
  for (int t = 0; t < count; ++t) {
    points[static_cast<size_t>(t)].values = {std::sin(kTau * t * kDt) +
                                             static_cast<double>(Gaussian(random, noise))};
  }
  return points;
}

double SineError(const std::vector<std::vector<double>>& values) {
  double sum = 0;
  for (size_t t = 0; t < values.size(); ++t) {
    const double off = values[t][0] - std::sin(kTau * static_cast<double>(t) * kDt);
    sum += off * off;
  }
  return std::sqrt(sum / static_cast<double>(values.size()));
}

std::vector<std::vector<double>> ValuesOf(const std::vector<TrackPoint>& points) {
  std::vector<std::vector<double>> values;
  for (const TrackPoint& point : points) values.push_back(point.values);
  return values;
}

TEST_CASE("Smoothing takes most of the noise of a movement away, and does not lag behind it",
          "[motion]") {
  const std::vector<TrackPoint> noisy = NoisySine(.1, 75);
  const auto smooth = SmoothTrack(noisy, {kDt, .1, 15});
  CHECK(SineError(smooth) < .6 * SineError(ValuesOf(noisy)));
  const std::vector<TrackPoint> clean = NoisySine(0, 75);
  CHECK(SineError(SmoothTrack(clean, {kDt, .1, 15})) < .02);
}

TEST_CASE("One wild measurement does not pull the track along", "[motion]") {
  std::vector<TrackPoint> points = NoisySine(.02, 50);
  points[25].values[0] += 3;
  CHECK(SineError(SmoothTrack(points, {kDt, .05, 15})) < .05);
}

TEST_CASE("A track goes on evenly where nothing was measured", "[motion]") {
  std::vector<TrackPoint> points(30);
  for (size_t t = 0; t < points.size(); ++t) points[t].values = {.1 * static_cast<double>(t)};
  for (size_t t = 12; t < 18; ++t) points[t] = {{}, 0};
  const auto smooth = SmoothTrack(points, {kDt, .05, 5});
  for (size_t t = 0; t < points.size(); ++t) {
    CHECK(smooth[t][0] == Approx(.1 * static_cast<double>(t)).margin(.01));
  }
}

TEST_CASE("Channels hold a pose: a body made of them is the same body", "[motion]") {
  const FittedBody body = WalkingPerson(2, 5, 24, 40);
  const FittedBody again = InPoseOfChannels(body, ChannelsOf(body));
  CHECK(JointError(again, body) < 1e-5);
  CHECK(again.distance == Approx(body.distance));
}

TEST_CASE("Somebody who turns round and round turns evenly, half turns included", "[motion]") {
  const FittedBody before = WalkingPerson(2, 0), after = WalkingPerson(2, 0);
  FittedBody front = before, beside = after;
  front.base = Rotation({0, 1, 0}, 170);
  beside.base = Rotation({0, 1, 0}, -170);
  FittedBody back = before;
  back.base = Rotation({0, 1, 0}, 180);
  CHECK(JointError(Interpolate(front, beside, .5), back) < 1e-3);
}

TEST_CASE("Where the picture changes at once is a cut, and fast movement is none", "[motion]") {
  std::vector<FrameLook> looks;
  for (int t = 0; t < 40; ++t) {
    // A bright bar that sweeps through the picture; another place from frame 15 on.
    Image picture(90, 160, 3, t < 15 ? 60 : 140);
    for (int y = 0; y < 90; ++y) {
      for (int x = 0; x < 30; ++x) *picture.at(y, (x + t * 20) % 160) = 255;
    }
    looks.push_back(LookOf(picture));
  }
  CHECK(FindCuts(looks) == std::vector<int>{15});
}

TEST_CASE("Motion between poses meets every pose, with the first one's body", "[motion]") {
  const std::vector<FittedBody> poses = {WalkingPerson(3, 0), WalkingPerson(4, 6),
                                         WalkingPerson(5, 12)};
  const auto frames = InterpolatePoses(TheFitter(), poses, 21, {kFitHeight, kFitWidth});
  REQUIRE(frames);
  REQUIRE(frames->size() == 21);
  for (size_t i = 0; i < 3; ++i) {
    const FittedBody& frame = (*frames)[i * 10];
    for (const ChannelGroup& group : AllChannelGroups()) {
      if (group.kind == ChannelKind::kScale || group.kind == ChannelKind::kPlace) continue;
      CHECK(DistanceIn(group, ChannelsOf(frame), ChannelsOf(poses[i])) < 1e-6);
    }
    for (int k = kShapeBlock.first; k < kParameterCount; ++k) {
      const auto at = static_cast<size_t>(k);
      CHECK(frame.parameters[at] == poses[0].parameters[at]);
    }
  }
}

TEST_CASE("A motion stands before one camera, gently begins and ends, its feet on the floor",
          "[motion]") {
  FittedBody far = WalkingPerson(3, 6);
  far = InPicture(far, .8, .1 * kFitWidth, .15 * kFitHeight);
  const std::vector<FittedBody> poses = {WalkingPerson(3, 0), far};
  const auto frames = InterpolatePoses(TheFitter(), poses, 13, {kFitHeight, kFitWidth});
  REQUIRE(frames);
  std::vector<double> floor;
  for (const FittedBody& frame : *frames) {
    CHECK(frame.parameters[0] == Approx(frames->front().parameters[0]));
    double lowest = 0;
    const auto screen = TheFitter().Project(frame);
    for (const int v : SharedBody()->skin_vertices()) {
      lowest = std::max(lowest, static_cast<double>(screen[static_cast<size_t>(v)].y));
    }
    floor.push_back(lowest);
  }
  for (size_t i = 0; i < floor.size(); ++i) {
    CHECK(floor[i] >= std::min(floor.front(), floor.back()) - .2);
    CHECK(floor[i] <= std::max(floor.front(), floor.back()) + .2);
  }
  const double first_step = JointError((*frames)[1], (*frames)[0]);
  const double middle_step = JointError((*frames)[7], (*frames)[6]);
  CHECK(first_step < .3 * middle_step);
}

TEST_CASE("An arm that swings out between two poses is not cut off by the picture", "[motion]") {
  FittedBody up = MakePerson(6, 0), down = up;
  const auto arm = static_cast<size_t>(kLeftBlocks.upper_arm.first);
  for (size_t i = 0; i < 3; ++i) up.parameters[arm + i] = down.parameters[arm + i] = 0;
  up.parameters[arm + 2] = 1.4;
  down.parameters[arm + 2] = -.8;
  const auto frames =
      InterpolatePoses(TheFitter(), std::vector{up, down}, 11, {kFitHeight, kFitWidth});
  REQUIRE(frames);
  for (const FittedBody& frame : *frames) {
    const auto screen = TheFitter().Project(frame);
    for (const int v : SharedBody()->skin_vertices()) {
      CHECK(screen[static_cast<size_t>(v)].x < kFitWidth);
    }
  }
}

TEST_CASE("Fewer than two poses, or fewer frames than poses, are refused by name", "[motion]") {
  const FittedBody pose = MakePerson(1, 0);
  const auto one = InterpolatePoses(TheFitter(), std::vector{pose}, 5, {kFitHeight, kFitWidth});
  REQUIRE_FALSE(one);
  CHECK(one.error().field == "poses");
  const auto few =
      InterpolatePoses(TheFitter(), std::vector{pose, pose, pose}, 2, {kFitHeight, kFitWidth});
  REQUIRE_FALSE(few);
  CHECK(few.error().field == "count");
}

TEST_CASE("Another person in a film's motion has one size in all of its frames", "[motion]") {
  const FittedBody person = MakePerson(9, 0);
  std::vector<FittedBody> film;
  for (int t = 0; t < 12; ++t) film.push_back(WalkingPerson(3, t));
  const std::vector<FittedBody> moved = InMotionOf(TheFitter(), person, film);
  REQUIRE(moved.size() == film.size());
  for (size_t t = 0; t < film.size(); ++t) {
    CHECK(moved[t].parameters[0] - film[t].parameters[0] ==
          Approx(moved[0].parameters[0] - film[0].parameters[0]).margin(1e-9));
    const TorsoPlace was = TorsoOf(TheFitter(), film[t]), is = TorsoOf(TheFitter(), moved[t]);
    CHECK(is.x == Approx(was.x).margin(.1));
    CHECK(is.y == Approx(was.y).margin(.1));
  }
}

}  // namespace
}  // namespace atelier::people
