// A film's poses fitted together.
#include <algorithm>

#include "motion_fixture.h"
#include "people/fit/facing.h"

namespace atelier::people {
namespace {

constexpr double kNoise = .02;

struct Film {
  std::vector<FittedBody> truth;
  std::vector<std::optional<PersonObservation>> seen;
  std::vector<Image> pictures;
};

Film WalkingFilm(uint64_t seed, int count, double noise) {
  Random random(seed);
  Film film;
  for (int t = 0; t < count; ++t) {
    film.truth.push_back(WalkingPerson(seed, t));
    film.seen.emplace_back(ObserveBadly(film.truth.back(), noise, random));
    film.pictures.push_back(PlainPicture());
  }
  return film;
}

Result<Motion> MotionOf(const Film& film, MotionOptions options = {}) {
  options.fit.clothes = 0;
  FilmFitter fitter(TheFitter(), options);
  for (size_t t = 0; t < film.seen.size(); ++t) {
    const Status added = fitter.Add(film.pictures[t], film.seen[t]);
    if (!added) return Propagate(added.error());
  }
  return fitter.Finish();
}

double MeanError(const Film& film, const Motion& motion) {
  double sum = 0;
  for (size_t t = 0; t < film.truth.size(); ++t) {
    sum += JointError(*motion.frames[t].body, film.truth[t]);
  }
  return sum / static_cast<double>(film.truth.size());
}

/// How much the joints' speed changes from frame to frame, metres: what is seen as trembling.
double Trembling(const std::vector<FittedBody>& bodies) {
  double sum = 0;
  const int hand = SharedBody()->bones().hand[0];
  std::vector<Vec3> places;
  for (const FittedBody& body : bodies) {
    places.push_back(TheFitter().Joints(body)[static_cast<size_t>(hand)]);
  }
  for (size_t t = 1; t + 1 < places.size(); ++t) {
    sum += static_cast<double>(Length(places[t + 1] + places[t - 1] - places[t] * 2));
  }
  return sum / static_cast<double>(places.size() - 2);
}

std::vector<FittedBody> BodiesOf(const Motion& motion) {
  std::vector<FittedBody> bodies;
  for (const MotionFrame& frame : motion.frames) bodies.push_back(*frame.body);
  return bodies;
}

TEST_CASE("A film's poses are nearer to the truth smoothed than not, and tremble less", "[film]") {
  const Film film = WalkingFilm(3, 30, kNoise);
  const auto raw = MotionOf(film, {.fit = {}, .smooth = false});
  const auto smooth = MotionOf(film);
  REQUIRE(raw);
  REQUIRE(smooth);
  CHECK(smooth->Of(FrameState::kFitted).size() == 30);
  CHECK(MeanError(film, *smooth) < .9 * MeanError(film, *raw));
  CHECK(Trembling(BodiesOf(*smooth)) < .5 * Trembling(BodiesOf(*raw)));
}

TEST_CASE("All frames of a film show one body", "[film]") {
  const auto motion = MotionOf(WalkingFilm(4, 12, kNoise));
  REQUIRE(motion);
  const FittedBody& first = *motion->frames[0].body;
  for (const MotionFrame& frame : motion->frames) {
    CHECK(std::equal(first.parameters.begin() + kShapeBlock.first, first.parameters.end(),
                     frame.body->parameters.begin() + kShapeBlock.first));
  }
}

TEST_CASE("A short gap is bridged and told, a long one and the film's ends are not", "[film]") {
  Film film = WalkingFilm(5, 40, .005);
  for (const int t : {0, 10, 11, 12, 39}) film.seen[static_cast<size_t>(t)].reset();
  for (int t = 20; t < 33; ++t) film.seen[static_cast<size_t>(t)].reset();
  const auto motion = MotionOf(film);
  REQUIRE(motion);
  CHECK(motion->Of(FrameState::kBridged) == std::vector<int>{10, 11, 12});
  const std::vector<int> nobody = motion->Of(FrameState::kNobody);
  CHECK(nobody.size() == 15);
  CHECK(nobody.front() == 0);
  CHECK(nobody.back() == 39);
  const double beside = std::max(JointError(*motion->frames[9].body, film.truth[9]),
                                 JointError(*motion->frames[13].body, film.truth[13]));
  CHECK(JointError(*motion->frames[11].body, film.truth[11]) < 1.5 * beside);
}

TEST_CASE("A cut is found and not smoothed over", "[film]") {
  Film film = WalkingFilm(6, 24, .005);
  // Another place, and the person at another place of it.
  for (size_t t = 12; t < 24; ++t) {
    FittedBody& body = film.truth[t];
    body.base = Rotation({0, 1, 0}, 60);
    body.parameters[1] += 40;
    film.seen[t] = Observe(body);
  }
  // Or before the same wall, where the person alone jumps.
  const bool picture_shows_it = GENERATE(true, false);
  CAPTURE(picture_shows_it);
  if (picture_shows_it)
    for (size_t t = 12; t < 24; ++t) film.pictures[t] = PlainPicture(90);
  const auto motion = MotionOf(film);
  REQUIRE(motion);
  CHECK(motion->cuts == std::vector<int>{12});
  for (const size_t t : {11u, 12u}) {
    CHECK(motion->frames[t].body->parameters[1] == Approx(film.truth[t].parameters[1]).margin(2));
    CHECK(JointError(*motion->frames[t].body, film.truth[t]) < .12);
  }
}

TEST_CASE("One frame that is misread is bridged, not taken for a cut", "[film]") {
  Film film = WalkingFilm(7, 20, .005);
  FittedBody elsewhere = film.truth[9];
  elsewhere.parameters[1] += 60;
  film.seen[9] = Observe(elsewhere);
  const auto motion = MotionOf(film);
  REQUIRE(motion);
  CHECK(motion->cuts.empty());
  CHECK(motion->Of(FrameState::kBridged) == std::vector<int>{9});
  CHECK(motion->frames[9].body->parameters[1] == Approx(film.truth[9].parameters[1]).margin(2));
}

TEST_CASE("Frames whose front is taken for a back are turned the right way round", "[film]") {
  Film film = WalkingFilm(8, 20, .005);
  for (const size_t t : {4u, 5u, 11u}) film.seen[t] = TurnedAround(*film.seen[t]);
  const auto motion = MotionOf(film);
  REQUIRE(motion);
  CHECK(motion->cuts.empty());
  for (size_t t = 0; t < 20; ++t) CHECK(JointError(*motion->frames[t].body, film.truth[t]) < .12);
}

TEST_CASE("A film larger than the fit works in is fitted in its own pixels", "[film]") {
  Film film = WalkingFilm(3, 6, 0);
  for (size_t t = 0; t < film.truth.size(); ++t) {
    FittedBody& body = film.truth[t];
    body.parameters[0] += std::log(4);
    body.parameters[1] *= 4;
    body.parameters[2] *= 4;
    film.seen[t] = Observe(body, 4 * kFitHeight, 4 * kFitWidth);
    film.pictures[t] = Image(4 * kFitHeight, 4 * kFitWidth, 3, 200);
  }
  const auto motion = MotionOf(film);
  REQUIRE(motion);
  for (size_t t = 0; t < film.truth.size(); ++t) {
    const Keypoints found =
        TheFitter().KeypointsOf(*motion->frames[t].body, 4 * kFitHeight, 4 * kFitWidth);
    const Keypoints truth = TheFitter().KeypointsOf(film.truth[t], 4 * kFitHeight, 4 * kFitWidth);
    for (size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].x == Approx(truth[i].x).margin(24));
      CHECK(found[i].y == Approx(truth[i].y).margin(24));
    }
  }
}

TEST_CASE("A film of nobody, of pictures of two sizes, and one that is cancelled", "[film]") {
  FilmFitter empty(TheFitter(), {});
  REQUIRE(empty.Add(PlainPicture(), std::nullopt));
  const auto nobody = empty.Finish();
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().reason == "NO_PERSON");

  FilmFitter sizes(TheFitter(), {});
  REQUIRE(sizes.Add(PlainPicture(), std::nullopt));
  const Status other = sizes.Add(Image(10, 10, 3), std::nullopt);
  REQUIRE_FALSE(other);
  CHECK(other.error().field == "picture");

  FilmFitter cancelled(TheFitter(), {});
  REQUIRE(cancelled.Add(PlainPicture(), Observe(MakePerson(1, 0))));
  const auto stopped = cancelled.Finish([](int, int) { return false; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Code::kCancelled);
}

TEST_CASE("Fits that were made frame by frame are steadied, too", "[film]") {
  const Film film = WalkingFilm(3, 24, kNoise);
  std::vector<std::optional<FittedBody>> fits;
  std::vector<FittedBody> single;
  for (const auto& seen : film.seen) {
    const auto fit = TheFitter().Fit(*seen, {.clothes = 0});
    REQUIRE(fit);
    fits.emplace_back(fit->body);
    single.push_back(fit->body);
  }
  const Motion motion = SteadyMotion(TheFitter(), fits, {}, {});
  CHECK(motion.cuts.empty());
  CHECK(Trembling(BodiesOf(motion)) < .5 * Trembling(single));
  double before = 0;
  for (size_t t = 0; t < single.size(); ++t) before += JointError(single[t], film.truth[t]);
  CHECK(MeanError(film, motion) < before / static_cast<double>(single.size()));
}

}  // namespace
}  // namespace atelier::people
