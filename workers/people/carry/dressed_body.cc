#include "people/carry/dressed_body.h"

#include "people/fit/fit_camera.h"
#include "people/look/outfit.h"

namespace atelier::people {

std::vector<Vec3> Vertices(const BodyFitter& fitter, const DressedBody& dressed) {
  std::vector<Vec3> points = fitter.Vertices(dressed.body);
  if (dressed.clothes.empty()) return points;
  const std::vector<Vec3> normals = VertexNormals(points, fitter.body().skin());
  for (size_t v = 0; v < points.size(); ++v) points[v] += normals[v] * dressed.clothes[v];
  return points;
}

std::vector<ScreenPoint> Project(const FittedBody& body, const std::vector<Vec3>& points) {
  const FitCamera camera(body.parameters, body.distance);
  std::vector<ScreenPoint> screen;
  screen.reserve(points.size());
  for (const Vec3& point : points) screen.push_back(camera.Screen(point));
  return screen;
}

}  // namespace atelier::people
