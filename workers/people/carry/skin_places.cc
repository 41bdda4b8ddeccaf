#include "people/carry/skin_places.h"

#include <algorithm>
#include <limits>

namespace atelier::people {

std::vector<int> PlacesInSkin(const Body& body) {
  std::vector<int> places(static_cast<size_t>(body.file().vertex_count), -1);
  const std::vector<int>& skin = body.skin_vertices();
  for (size_t i = 0; i < skin.size(); ++i) {
    places[static_cast<size_t>(skin[i])] = static_cast<int>(i);
  }
  return places;
}

std::vector<int> MirrorTwins(const Body& body) {
  const std::vector<int>& skin = body.skin_vertices();
  // By height, so that few candidates are compared.
  std::vector<int> by_height(skin.size());
  for (size_t i = 0; i < skin.size(); ++i) by_height[i] = static_cast<int>(i);
  const auto at = [&](int i) { return body.canonical(skin[static_cast<size_t>(i)]); };
  std::ranges::sort(by_height, {}, [&](int i) { return at(i).y; });
  constexpr float kWindow = 2e-3f;  // metres
  std::vector<int> twins(skin.size());
  for (size_t i = 0; i < skin.size(); ++i) {
    const Vec3 own = at(static_cast<int>(i));
    const Vec3 wanted{-own.x, own.y, own.z};
    float nearest = std::numeric_limits<float>::infinity();
    twins[i] = static_cast<int>(i);
    auto j =
        std::ranges::lower_bound(by_height, wanted.y - kWindow, {}, [&](int k) { return at(k).y; });
    for (; j != by_height.end() && at(*j).y <= wanted.y + kWindow; ++j) {
      const Vec3 off = at(*j) - wanted;
      if (Dot(off, off) < nearest) {
        nearest = Dot(off, off);
        twins[i] = *j;
      }
    }
  }
  return twins;
}

std::vector<bool> VerticesOn(const Body& body, const std::vector<int>& bones, bool with_them) {
  const BodyFile& file = body.file();
  std::vector<bool> marked(static_cast<size_t>(file.bone_count), false);
  for (const int bone : bones) marked[static_cast<size_t>(bone)] = true;
  // A parent comes before its children.
  for (size_t b = 0; b < marked.size(); ++b) {
    const int parent = file.parents[b];
    if (parent >= 0 && marked[static_cast<size_t>(parent)]) marked[b] = true;
  }
  if (!with_them) {
    for (const int bone : bones) marked[static_cast<size_t>(bone)] = false;
  }
  std::vector<bool> vertices(static_cast<size_t>(file.vertex_count));
  for (size_t v = 0; v < vertices.size(); ++v) vertices[v] = marked[file.bone_indices[v][0]];
  return vertices;
}

std::vector<bool> FrontOfFace(const Body& body) {
  // Metres in front of the head's middle in the mean shape.
  constexpr float kFront = .09f;
  std::vector<bool> front(static_cast<size_t>(body.file().vertex_count), false);
  for (const int v : body.face_vertices()) {
    if (body.canonical(v).z > kFront) front[static_cast<size_t>(v)] = true;
  }
  return front;
}

}  // namespace atelier::people
