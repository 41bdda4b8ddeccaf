// Pixels carried between pictures of one person, and the clothes that go along.
#include "people/carry/carry.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "fit_fixture.h"
#include "people/carry/surface_colours.h"
#include "people/fit/retarget.h"

namespace atelier::people {
namespace {

/// A body whose colour is its place in the mean shape: any two pictures of it tell which pixels
/// show the same place.
struct PaintedBody {
  DepthBuffer visible;
  std::vector<Vec3> places;
};

PaintedBody Paint(const DressedBody& dressed) {
  const std::vector<ScreenPoint> screen = Project(dressed.body, Vertices(TheFitter(), dressed));
  PaintedBody out{DrawSkin(*SharedBody(), screen, kFitHeight, kFitWidth), {}};
  out.places.resize(out.visible.triangle.size());
  for (size_t i = 0; i < out.places.size(); ++i) {
    if (out.visible.triangle[i] < 0) continue;
    const Triangle& t = SharedBody()->skin()[static_cast<size_t>(out.visible.triangle[i])];
    const auto at = [&](size_t corner) { return screen[static_cast<size_t>(t[corner])]; };
    const Barycentric w =
        ScreenTriangle(at(0), at(1), at(2))
            .At(static_cast<float>(i % kFitWidth) + .5f, static_cast<float>(i / kFitWidth) + .5f);
    out.places[i] = SharedBody()->canonical(t[0]) * (1 - w.b - w.c) +
                    SharedBody()->canonical(t[1]) * w.b + SharedBody()->canonical(t[2]) * w.c;
  }
  return out;
}

Image MaskOf(const DepthBuffer& visible) {
  Image mask(visible.height, visible.width, 1);
  for (size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = visible.triangle[i] >= 0 ? 255 : 0;
  return mask;
}

double ShareCarried(const CarryMap& map) {
  double person = 0, carried = 0;
  for (size_t i = 0; i < map.person.size(); ++i) {
    person += map.person[i];
    carried += map.squareness[i] > 0;
  }
  return carried / person;
}

TEST_CASE("In its own picture every pixel of a person is carried to itself", "[carry]") {
  const DressedBody person{MakePerson(31, 15), {}};
  const Image mask = MaskOf(Paint(person).visible);
  const CarrySource source(TheFitter(), person, mask, {});
  const CarryMap map = MapToSource(TheFitter(), source, person, kFitHeight, kFitWidth);
  for (size_t i = 0; i < map.person.size(); ++i) {
    REQUIRE((map.person[i] != 0) == (mask.data[i] != 0));
    if (map.person[i] == 0) continue;
    REQUIRE(map.x[i] == Approx(static_cast<float>(i % kFitWidth) + .5f).margin(.02));
    REQUIRE(map.y[i] == Approx(static_cast<float>(i / kFitWidth) + .5f).margin(.02));
  }
  CHECK(ShareCarried(map) > .45);
}

TEST_CASE("Into another pose a pixel is carried from the same place of the body", "[carry]") {
  const DressedBody person{MakePerson(32, 0), {}};
  const DressedBody other{InPoseOf(TheFitter(), person.body, MakePerson(33, 30)), {}};
  const PaintedBody from = Paint(person), to = Paint(other);
  const CarrySource source(TheFitter(), person, MaskOf(from.visible), {});
  const CarryMap map = MapToSource(TheFitter(), source, other, kFitHeight, kFitWidth);
  CHECK(ShareCarried(map) > .3);
  std::vector<float> off;
  for (size_t i = 0; i < map.person.size(); ++i) {
    if (map.squareness[i] <= 0) continue;
    const size_t at = static_cast<size_t>(map.y[i]) * kFitWidth + static_cast<size_t>(map.x[i]);
    off.push_back(Length(from.places[at] - to.places[i]));
  }
  std::ranges::sort(off);
  // Metres of the mean shape; a pixel is 8 mm.
  CHECK(off[off.size() / 2] < .006f);
  CHECK(off[off.size() * 98 / 100] < .02f);
}

TEST_CASE("What was not seen is not carried", "[carry]") {
  const DressedBody person{MakePerson(34, 0), {}};
  FittedBody behind = person.body;
  behind.base = Rotation({0, 1, 0}, 180);
  const CarrySource source(TheFitter(), person, MaskOf(Paint(person).visible), {});
  const CarryMap map = MapToSource(TheFitter(), source, {behind, {}}, kFitHeight, kFitWidth);
  CHECK(ShareCarried(map) < .02);
}

TEST_CASE("Clothes are measured where they stand off the body, and hands wear none", "[carry]") {
  const FittedBody person = MakePerson(35, 10);
  DressedBody dressed{
      person, std::vector<float>(static_cast<size_t>(SharedBody()->file().vertex_count), 0)};
  // A coat: 4 cm around the torso and the thighs.
  const auto is_coat = [](int vertex) {
    const Vec3 at = SharedBody()->canonical(vertex);
    return at.y > -.35f && at.y < .4f && std::fabs(at.x) < .2f;
  };
  for (const int v : SharedBody()->skin_vertices()) {
    if (is_coat(v)) dressed.clothes[static_cast<size_t>(v)] = .04f;
  }
  const PaintedBody seen = Paint(dressed);
  const std::vector<float> measured =
      MeasureClothes(TheFitter().body(), TheFitter().Pose(person), MaskOf(seen.visible));
  REQUIRE(measured.size() == dressed.clothes.size());
  double coat = 0, coats = 0;
  for (const int v : SharedBody()->skin_vertices()) {
    if (!is_coat(v)) continue;
    coat += measured[static_cast<size_t>(v)];
    ++coats;
  }
  CHECK(coat / coats == Approx(.04).margin(.012));
  for (size_t v = 0; v < measured.size(); ++v) {
    if (SharedBody()->file().bone_indices[v][0] == SharedBody()->bones().hand[kLeft]) {
      CHECK(measured[v] < .004f);
    }
  }
  // The body with what was measured fills the mask that it was measured from.
  const Image worn = MaskOf(Paint({person, measured}).visible);
  const Image bare = MaskOf(Paint({person, {}}).visible);
  const Image truth = MaskOf(seen.visible);
  const auto overlap = [&](const Image& mask) {
    double both = 0, either = 0;
    for (size_t i = 0; i < mask.data.size(); ++i) {
      both += mask.data[i] != 0 && truth.data[i] != 0;
      either += mask.data[i] != 0 || truth.data[i] != 0;
    }
    return both / either;
  };
  CHECK(overlap(worn) > overlap(bare) + .05);
  CHECK(overlap(worn) > .93);
}

TEST_CASE("What reading and carrying a photograph costs", "[.measure]") {
  // As large as the pictures that bodies are fitted to.
  constexpr double kScale = 4;
  const FittedBody body = InPicture(MakePerson(38, 0), kScale, 0, 0);
  const std::vector<ScreenPoint> screen = TheFitter().Project(body);
  const auto height = static_cast<int>(kFitHeight * kScale);
  const auto width = static_cast<int>(kFitWidth * kScale);
  const Image mask = MaskOf(DrawSkin(*SharedBody(), screen, height, width));
  const Image photograph(height, width, 3, 120);
  const auto time = [](const char* what, const auto& step) {
    const auto start = std::chrono::steady_clock::now();
    auto result = step();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    std::printf("%s: %.0f ms\n", what, took.count());
    return result;
  };
  DressedBody dressed{body, time("clothes", [&] {
                        return MeasureClothes(TheFitter().body(), TheFitter().Pose(body), mask);
                      })};
  const CarrySource source = time(
      "source", [&] { return CarrySource(TheFitter(), dressed, mask, {.least_cosine = .12}); });
  const FittedBody target = InPicture(MakePerson(39, 10), 2, 0, 0);
  (void)time("map to 512x352",
             [&] { return MapToSource(TheFitter(), source, {target, dressed.clothes}, 512, 352); });
  const SeenColours seen =
      time("colours", [&] { return ReadColours(TheFitter(), source, photograph); });
  (void)time("surface", [&] {
    const std::vector<const SeenColours*> all = {&seen};
    return ColourSurface(TheFitter(), all);
  });
  SUCCEED();
}

/// A photograph of `body` whose pixels have the colour of their place in the mean shape.
template <typename Colour>
Image Photograph(const PaintedBody& body, const Colour& colour) {
  Image out(kFitHeight, kFitWidth, 3, 255);
  for (size_t i = 0; i < body.places.size(); ++i) {
    if (body.visible.triangle[i] < 0) continue;
    const Vec3 rgb = colour(body.places[i]);
    out.data[3 * i] = static_cast<uint8_t>(rgb.x);
    out.data[3 * i + 1] = static_cast<uint8_t>(rgb.y);
    out.data[3 * i + 2] = static_cast<uint8_t>(rgb.z);
  }
  return out;
}

/// Mean colour of the vertices of the skin that `wanted` asks for.
template <typename Wanted>
Vec3 MeanColour(const SurfaceColours& surface, const Wanted& wanted) {
  Vec3 sum;
  float count = 0;
  for (const int v : SharedBody()->skin_vertices()) {
    if (!wanted(SharedBody()->canonical(v))) continue;
    sum += surface.colours[static_cast<size_t>(v)];
    ++count;
  }
  return sum * (1 / count);
}

constexpr Vec3 kShirt{200, 40, 40}, kTrousers{30, 40, 160}, kHair{40, 30, 20}, kSkin{220, 170, 140};

Vec3 Dressed(const Vec3& at) {
  if (at.y > .82f || (at.y > .6f && at.z < .02f)) return kHair;
  if (at.y > .5f) return kSkin;
  return at.y > 0 ? kShirt : kTrousers;
}

TEST_CASE("What was not seen takes the colours around the body", "[carry]") {
  const DressedBody person{MakePerson(36, 0), {}};
  const PaintedBody seen = Paint(person);
  const CarrySource source(TheFitter(), person, MaskOf(seen.visible), {});
  const SeenColours colours = ReadColours(TheFitter(), source, Photograph(seen, Dressed));
  const std::vector<const SeenColours*> all = {&colours};
  const SurfaceColours surface = ColourSurface(TheFitter(), all);
  CHECK(surface.has_face);
  const auto off = [&](const Vec3& rgb, const auto& wanted) {
    return Length(MeanColour(surface, wanted) - rgb);
  };
  // The torso's back, the back of the legs, the back of the head, the face.
  CHECK(off(kShirt, [](const Vec3& at) {
          return at.z < -.02f && at.y > .1f && at.y < .35f && std::fabs(at.x) < .12f;
        }) < 25);
  CHECK(off(kTrousers, [](const Vec3& at) { return at.z < 0 && at.y < -.2f && at.y > -.7f; }) < 25);
  // A fifth of the skin is mixed in: of the hair only the hairline is seen here, eight millimetres
  // a pixel.
  CHECK(off(kHair, [](const Vec3& at) { return at.z < -.02f && at.y > .74f; }) < 55);
  CHECK(off(kSkin, [](const Vec3& at) { return at.z > .09f && at.y > .65f && at.y < .78f; }) < 40);
}

TEST_CASE("From behind there is no face, and of two photographs each shows its side", "[carry]") {
  const DressedBody front{MakePerson(37, 0), {}};
  DressedBody back = front;
  back.body.base = Rotation({0, 1, 0}, 180);
  const PaintedBody seen_front = Paint(front), seen_back = Paint(back);
  const CarrySource from_front(TheFitter(), front, MaskOf(seen_front.visible), {});
  const CarrySource from_back(TheFitter(), back, MaskOf(seen_back.visible), {});
  const SeenColours one = ReadColours(TheFitter(), from_front, Photograph(seen_front, Dressed));
  // Something is printed on the back of the shirt.
  const auto printed = [](const Vec3& at) {
    const bool back_of_shirt = at.z < 0 && at.y > .1f && at.y < .35f;
    return back_of_shirt ? Vec3{250, 250, 250} : Dressed(at);
  };
  const SeenColours two = ReadColours(TheFitter(), from_back, Photograph(seen_back, printed));
  const std::vector<const SeenColours*> behind = {&two}, both = {&one, &two};
  CHECK_FALSE(ColourSurface(TheFitter(), behind).has_face);
  const SurfaceColours surface = ColourSurface(TheFitter(), both);
  CHECK(surface.has_face);
  const auto middle = [](bool of_front) {
    return [of_front](const Vec3& at) {
      return std::fabs(at.x) < .08f && at.y > .15f && at.y < .3f &&
             (of_front ? at.z > .05f : at.z < -.03f);
    };
  };
  CHECK(Length(MeanColour(surface, middle(true)) - kShirt) < 25);
  CHECK(Length(MeanColour(surface, middle(false)) - Vec3{250, 250, 250}) < 40);
}

}  // namespace
}  // namespace atelier::people
