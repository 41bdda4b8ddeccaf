// The parts that the body fitter is made of.
#include "fit_fixture.h"
#include "people/fit/fit_problem.h"
#include "people/fit/least_squares.h"
#include "people/fit/outline.h"
#include "people/fit/start_pose.h"

namespace atelier::people {
namespace {

std::array<bool, kParameterCount> All() {
  std::array<bool, kParameterCount> free{};
  free.fill(true);
  return free;
}

TEST_CASE("At rest the articulated body is the body file's mean person", "[fit]") {
  const ArticulatedBody& articulated = TheArticulatedBody();
  const BodyParameters rest{};
  BodyPose pose = articulated.Pose(rest, Eigen::Matrix3d::Identity());
  const auto vertex = SharedBody()->nose_vertex();
  const Vec3 nose = articulated.SkinVertices(rest, pose)[static_cast<size_t>(vertex)];
  CHECK(Length(nose - SharedBody()->canonical(vertex)) < .02f);
  CHECK(articulated.ShapeCoefficients(rest).size() ==
        static_cast<size_t>(SharedBody()->file().component_count));
}

TEST_CASE("Longer bones make a taller person and thicker ones a stouter person", "[fit]") {
  const ArticulatedBody& articulated = TheArticulatedBody();
  const auto extent = [&](const BodyParameters& p, float Vec3::*axis) {
    const BodyPose pose = articulated.Pose(p, Eigen::Matrix3d::Identity());
    const std::vector<Vec3> points = articulated.SkinVertices(p, pose);
    float low = 1e9f, high = -1e9f;
    for (const int v : SharedBody()->skin_vertices()) {
      low = std::min(low, points[static_cast<size_t>(v)].*axis);
      high = std::max(high, points[static_cast<size_t>(v)].*axis);
    }
    return high - low;
  };
  BodyParameters rest{}, tall{}, stout{};
  for (int k = 0; k < kLengthBlock.count; ++k) {
    tall[static_cast<size_t>(kLengthBlock.first + k)] = .1;
    stout[static_cast<size_t>(kGirthBlock.first + k)] = .1;
  }
  CHECK(extent(tall, &Vec3::y) > 1.06f * extent(rest, &Vec3::y));
  CHECK(extent(stout, &Vec3::y) < 1.03f * extent(rest, &Vec3::y));
  const auto forearm = [&](const BodyParameters& p) {
    const BodyPose pose = articulated.Pose(p, Eigen::Matrix3d::Identity());
    const Bones& bones = articulated.bones();
    return (pose.joints[static_cast<size_t>(bones.hand[0])] -
            pose.joints[static_cast<size_t>(bones.lower_arm[0])])
        .norm();
  };
  CHECK(forearm(tall) == Approx(forearm(rest) * std::exp(.1)));
  CHECK(forearm(stout) == Approx(forearm(rest)));
}

TEST_CASE("Derivatives of all residuals agree with differences", "[fit]") {
  const PersonObservation observation = Observe(MakePerson(11, 30));
  FitView view = MakeFitView(observation, 2, 2 * kFitHeight, 2 * kFitWidth);
  const BodyParameters start = StartPose(TheArticulatedBody(), view);
  const LandmarkPoints landmarks = MakeLandmarkPoints(*SharedBody(), TheArticulatedBody());
  FitProblem problem(TheArticulatedBody(), landmarks, view);
  OutlineMatch match;
  match.point = TheArticulatedBody().VertexPoint(SharedBody()->nose_vertex());
  match.from = {170, 90};
  match.normal = {.6, .8};
  match.distance = 3;
  match.weight = 20;
  problem.set_outline({match});
  Residuals here, there;
  problem.Evaluate(start, All(), here);
  double furthest = 0;
  for (int k = 0; k < kParameterCount; ++k) {
    constexpr double kStep = 1e-5;
    BodyParameters moved = start;
    moved[static_cast<size_t>(k)] += kStep;
    there.Clear();
    problem.Evaluate(moved, All(), there);
    REQUIRE(there.count == here.count);
    for (Eigen::Index i = 0; i < here.count; ++i) {
      const double difference = (there.values[i] - here.values[i]) / kStep;
      const double said = here.derivatives(i, k);
      furthest = std::max(furthest, std::abs(difference - said) / (1 + std::abs(said)));
    }
  }
  CHECK(furthest < 5e-3);
}

TEST_CASE("Eigen's solver finds the least of a problem folded to few rows", "[fit]") {
  // Rosenbrock's valley in two of the parameters; the others stay where they are.
  const auto residuals = [](const BodyParameters& p, Residuals& out) {
    out.Add(10 * (p[4] - p[3] * p[3])).segment<2>(3) = Eigen::RowVector2d(-20 * p[3], 10);
    out.Add(1 - p[3])[3] = -1;
    out.Add(.5);
  };
  std::array<bool, kParameterCount> free{};
  free[3] = free[4] = true;
  BodyParameters p{};
  p[3] = -1.2;
  p[4] = 1;
  p[5] = 7;
  const double least = Minimize(residuals, free, {.most_evaluations = 200, .least_gain = 1e-12}, p);
  CHECK(p[3] == Approx(1).margin(1e-4));
  CHECK(p[4] == Approx(1).margin(1e-4));
  CHECK(p[5] == 7);
  CHECK(least == Approx(.25).margin(1e-6));
}

TEST_CASE("A mask in another size keeps its mean", "[fit]") {
  const Image mask = Observe(MakePerson(12, 0)).mask;
  const auto mean = [](const Image& image) {
    double sum = 0;
    for (const uint8_t v : image.data) sum += v;
    return sum / static_cast<double>(image.data.size());
  };
  CHECK(mean(ResizeMask(mask, 97, 61)) == Approx(mean(mask)).epsilon(.01));
  CHECK(mean(ResizeMask(mask, 512, 352)) == Approx(mean(mask)).epsilon(.01));
  CHECK(ResizeMask(mask, mask.height, mask.width) == mask);
  // Linear between pixels when it grows.
  Image two(1, 2, 1);
  two.data = {0, 200};
  const Image four = ResizeMask(two, 1, 4);
  CHECK(four.data == std::vector<uint8_t>{0, 50, 150, 200});
}

TEST_CASE("The outline is matched to a mask that is wider, less the clothes", "[fit]") {
  FittedBody person = MakePerson(13, 0);
  const std::vector<ScreenPoint> screen = TheFitter().Project(person);
  const DepthBuffer visible = DrawSkin(*SharedBody(), screen, kFitHeight, kFitWidth);
  const FitCamera camera(person.parameters, person.distance);
  Image mask(kFitHeight, kFitWidth, 1);
  const auto drawn = [&](int y, int x) {
    return x >= 0 && x < kFitWidth && visible.triangle[static_cast<size_t>(y * kFitWidth + x)] >= 0;
  };
  for (int y = 0; y < kFitHeight; ++y) {
    for (int x = 0; x < kFitWidth; ++x) {
      for (int d = -3; d <= 3; ++d) {
        if (drawn(y, x + d)) *mask.at(y, x) = 255;
      }
    }
  }
  const auto mean_distance = [&](double clothes) {
    double sum = 0;
    int count = 0;
    for (const OutlineMatch& match :
         MatchOutline(*SharedBody(), TheArticulatedBody(), screen, visible, camera, mask,
                      {.reach = 12, .clothes = clothes})) {
      if (std::abs(match.normal.x()) < .9) continue;
      sum += match.distance;
      ++count;
    }
    REQUIRE(count > 50);
    return sum / count;
  };
  CHECK(mean_distance(0) == Approx(3.4).margin(.6));
  CHECK(mean_distance(2 / camera.pixels_per_metre()) == Approx(1.4).margin(.6));
}

TEST_CASE("Where the picture ends nothing pulls at the outline", "[fit]") {
  FittedBody person = MakePerson(14, 0);
  person.parameters[2] += 110;  // the legs leave the picture below
  const PersonObservation cut = Observe(person);
  const std::vector<ScreenPoint> screen = TheFitter().Project(person);
  const DepthBuffer visible = DrawSkin(*SharedBody(), screen, kFitHeight, kFitWidth);
  const auto matches =
      MatchOutline(*SharedBody(), TheArticulatedBody(), screen, visible,
                   FitCamera(person.parameters, person.distance), cut.mask, {.reach = 20});
  REQUIRE(matches.size() > 50);
  for (const OutlineMatch& match : matches) {
    CHECK(match.from.y() < kFitHeight + 8);
    CHECK(match.distance == Approx(0).margin(4));
  }
}

}  // namespace
}  // namespace atelier::people
