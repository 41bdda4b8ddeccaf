// What vertices of the body are of, read from known masks.
#include "edit/person/regions.h"

#include "edit_fixture.h"

namespace atelier::edit {
namespace {

int PlaceOf(const Person& person, int vertex) {
  const people::ScreenPoint& at = person.screen[static_cast<size_t>(vertex)];
  const int x = static_cast<int>(at.x), y = static_cast<int>(at.y);
  if (x < 0 || y < 0 || x >= person.width() || y >= person.height()) return -1;
  return y * person.width() + x;
}

TEST_CASE("Seen vertices belong to what their pixels show", "[edit]") {
  const RenderedPerson rendered = RenderPerson(8);
  int seen = 0, right = 0;
  for (const int v : TheBody().skin_vertices()) {
    const int place = PlaceOf(rendered.person, v);
    const auto vertex = static_cast<size_t>(v);
    if (place < 0 || rendered.person.normals[vertex].z < .5f) continue;
    if (std::fabs(rendered.person.visible.depth[static_cast<size_t>(place)] -
                  rendered.person.screen[vertex].depth) > .01f) {
      continue;
    }
    for (size_t label = 0; label < kLabelCount; ++label) {
      if (rendered.truth.masks[label].ptr<float>()[place] < .5f) continue;
      ++seen;
      right += rendered.truth.membership[label][vertex] > .5f;
    }
  }
  REQUIRE(seen > 1000);
  CHECK(right > .93 * seen);
}

TEST_CASE("The unseen back of a garment is of it, too", "[edit]") {
  const RenderedPerson rendered = RenderPerson(8);
  int back = 0, upper = 0;
  for (const int v : TheBody().skin_vertices()) {
    const people::Vec3 at = TheBody().canonical(v);
    const people::Attributes& a = TheBody().attributes()[static_cast<size_t>(v)];
    // Between the shoulder blades.
    if (std::fabs(at.x) > .1f || at.y < .25f || at.y > .38f || a.arm_weight > .1f) continue;
    if (rendered.person.normals[static_cast<size_t>(v)].z > -.5f) continue;
    ++back;
    upper += rendered.truth.membership_of(Label::kUpper)[static_cast<size_t>(v)] > .5f;
  }
  REQUIRE(back > 10);
  CHECK(upper == back);
}

TEST_CASE("Hands are skin, and of every vertex the labels sum to about one", "[edit]") {
  const RenderedPerson rendered = RenderPerson(9);
  for (const int v : TheBody().skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    float sum = 0;
    for (const auto& of_label : rendered.truth.membership) sum += of_label[vertex];
    REQUIRE(sum == Approx(1).margin(.06));
  }
  for (const auto& finger : TheBody().bones().fingers[0]) {
    for (size_t v = 0; v < TheBody().attributes().size(); ++v) {
      if (TheBody().file().bone_indices[v][0] != finger[1]) continue;
      if (rendered.truth.membership_of(Label::kUpper)[v] != 0) FAIL("a finger in a sleeve");
    }
  }
  // A vertex without skin is of nothing.
  std::vector<bool> of_skin(TheBody().attributes().size(), false);
  for (const int v : TheBody().skin_vertices()) of_skin[static_cast<size_t>(v)] = true;
  const auto bare = std::find(of_skin.begin(), of_skin.end(), false) - of_skin.begin();
  REQUIRE(bare < static_cast<std::ptrdiff_t>(of_skin.size()));
  CHECK(rendered.truth.membership_of(Label::kSkin)[static_cast<size_t>(bare)] == 0);
}

}  // namespace
}  // namespace atelier::edit
