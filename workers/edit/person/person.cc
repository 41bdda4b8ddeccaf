#include "edit/person/person.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "imaging/view_of.h"
#include "people/body/body_view.h"
#include "people/carry/dressed_body.h"
#include "people/look/outfit.h"

namespace atelier::edit {
namespace {

/// Metres: a surface that much further away than one beside it is behind it, and the nearer one's
/// true edge may be this far from where its body has it.
constexpr double kJump = .05;
constexpr double kUnsureEdge = .02;

std::vector<people::Triangle> SurfaceOf(const people::Body& body) {
  std::vector<people::Triangle> surface = body.skin();
  surface.insert(surface.end(), body.eyes().begin(), body.eyes().end());
  return surface;
}

/// Cosine between the surface and the direction to the camera at every pixel.
cv::Mat SquarenessOf(const people::Body& body, const Person& person) {
  cv::Mat out(person.height(), person.width(), CV_32F, cv::Scalar(0));
  const people::Vec3 camera{0, 0, static_cast<float>(person.body.camera.distance)};
  for (int y = 0; y < out.rows; ++y) {
    auto* row = out.ptr<float>(y);
    const int* triangles =
        &person.visible.triangle[static_cast<size_t>(y) * static_cast<size_t>(out.cols)];
    for (int x = 0; x < out.cols; ++x) {
      if (triangles[x] < 0) continue;
      const people::Triangle& t = people::SurfaceTriangle(body, triangles[x]);
      const auto a = static_cast<size_t>(t[0]), b = static_cast<size_t>(t[1]),
                 c = static_cast<size_t>(t[2]);
      const people::Barycentric w =
          people::ScreenTriangle(person.screen[a], person.screen[b], person.screen[c])
              .At(static_cast<float>(x) + .5f, static_cast<float>(y) + .5f);
      const auto blend = [&](const std::vector<people::Vec3>& of) {
        return of[a] * (1 - w.b - w.c) + of[b] * w.b + of[c] * w.c;
      };
      const people::Vec3 to_camera = people::Unit(camera - blend(person.body.points));
      row[x] = std::max(0.0f, people::Dot(people::Unit(blend(person.normals)), to_camera));
    }
  }
  return out;
}

cv::Mat BesideNearer(const Person& person) {
  // Off the body is far away rather than infinitely so: infinity minus itself is no number.
  constexpr float kFar = 1e6f;
  cv::Mat depth(person.height(), person.width(), CV_32F,
                const_cast<float*>(person.visible.depth.data()));
  depth = cv::min(depth, kFar);
  const int reach = std::max(1, cvRound(kUnsureEdge * person.pixels_per_metre()));
  cv::Mat nearest;
  cv::erode(depth, nearest, cv::Mat::ones(2 * reach + 1, 2 * reach + 1, CV_8U));
  return (depth < kFar) & (depth - nearest > kJump);
}

}  // namespace

Person MakePerson(const people::Body& body, Image picture, const Image& mask,
                  people::PosedBody posed) {
  Person person;
  imaging::ViewOf(mask).convertTo(person.mask, CV_32F, 1 / 255.0);
  person.normals = people::VertexNormals(posed.points, SurfaceOf(body));
  person.picture = std::move(picture);
  person.body = std::move(posed);
  std::vector<float> clothes = people::MeasureClothes(body, person.body, mask);
  return WithClothes(body, std::move(person), std::move(clothes));
}

Person WithClothes(const people::Body& body, Person person, std::vector<float> clothes) {
  person.clothes = std::move(clothes);
  person.screen = people::ProjectClothed(body, person.body, person.clothes);
  person.visible = people::DrawSurface(body, person.screen, person.height(), person.width());
  person.squareness = SquarenessOf(body, person);
  person.beside_nearer = BesideNearer(person);
  return person;
}

}  // namespace atelier::edit
