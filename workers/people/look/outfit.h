// Outfit: the dressed person's mesh in the rest pose, one layer over another.
#pragma once

#include <vector>

#include "people/body/body.h"
#include "people/look/coverage.h"
#include "people/look/person.h"

namespace atelier::people {

struct LayerRange {
  Layer layer = Layer::kSkin;
  bool two_sided = false;
  size_t first = 0;         // triangle
  size_t last = 0;          // one past
  size_t first_vertex = 0;  // of a patch; empty for the body's own layers
  size_t last_vertex = 0;
};

struct Mesh {
  std::vector<Vec3> positions;
  std::vector<int> sources;  // body vertex whose attributes and weights a vertex has
  std::vector<Triangle> triangles;
  std::vector<LayerRange> layers;  // outermost first; the skin's vertices come first of all
};

/// The person's own shape: every body vertex and every joint.
struct RestShape {
  std::vector<Vec3> vertices;
  std::vector<Vec3> joints;
};

RestShape ShapeOf(const Body& body, const Person& person);
Mesh Dress(const Body& body, const Person& person, const RestShape& shape);

/// Area-weighted unit normals.
std::vector<Vec3> VertexNormals(const std::vector<Vec3>& positions,
                                const std::vector<Triangle>& triangles);

}  // namespace atelier::people
