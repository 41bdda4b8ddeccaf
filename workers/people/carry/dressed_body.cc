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

std::vector<ScreenPoint> ProjectClothed(const Body& body, const PosedBody& posed,
                                        const std::vector<float>& clothes) {
  const std::vector<Vec3> normals = VertexNormals(posed.points, body.skin());
  std::vector<ScreenPoint> screen;
  screen.reserve(posed.points.size());
  for (size_t v = 0; v < posed.points.size(); ++v) {
    screen.push_back(posed.camera.Project(posed.points[v] + normals[v] * clothes[v]));
  }
  return screen;
}

}  // namespace atelier::people
