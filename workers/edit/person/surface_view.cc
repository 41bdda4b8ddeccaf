#include "edit/person/surface_view.h"

#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "people/body/body_view.h"
#include "people/carry/skin_places.h"

namespace atelier::edit {
namespace {

/// Metres between what is seen at a place and the surface that should be: more is another surface.
constexpr float kSameSurface = .03f;
constexpr float kLeastSquareness = .05f;
constexpr float kFarOutside = -1e3f;

/// Calls `each(y)` for all rows, on all processors.
template <typename Each>
void ForRows(int rows, const Each& each) {
  cv::parallel_for_(cv::Range(0, rows), [&](const cv::Range& range) {
    for (int y = range.start; y < range.end; ++y) each(y);
  });
}

std::vector<int> TwinVertices(const people::Body& body) {
  std::vector<int> twins(static_cast<size_t>(body.file().vertex_count));
  std::iota(twins.begin(), twins.end(), 0);
  const std::vector<int>& skin = body.skin_vertices();
  const std::vector<int> places = people::MirrorTwins(body);
  for (size_t i = 0; i < skin.size(); ++i) {
    twins[static_cast<size_t>(skin[i])] = skin[static_cast<size_t>(places[i])];
  }
  return twins;
}

/// What a person's picture tells of a vertex.
struct VertexPlace {
  people::ScreenPoint at;
  float squareness = 0;
};

std::vector<VertexPlace> VertexPlaces(const Person& person) {
  const people::Vec3 camera{0, 0, static_cast<float>(person.body.camera.distance)};
  std::vector<VertexPlace> places(person.screen.size());
  for (size_t v = 0; v < places.size(); ++v) {
    const people::Vec3 to_camera = people::Unit(camera - person.body.points[v]);
    places[v] = {person.screen[v], people::Dot(person.normals[v], to_camera)};
  }
  return places;
}

bool Shows(const Person& person, const VertexPlace& place) {
  const int x = people::FloorToInt(place.at.x), y = people::FloorToInt(place.at.y);
  if (x < 0 || y < 0 || x >= person.width() || y >= person.height()) return false;
  const size_t at =
      static_cast<size_t>(y) * static_cast<size_t>(person.width()) + static_cast<size_t>(x);
  return std::fabs(person.visible.depth[at] - place.at.depth) < kSameSurface &&
         place.squareness > kLeastSquareness && person.mask.at<float>(y, x) > .5f &&
         person.beside_nearer.at<uint8_t>(y, x) == 0;
}

}  // namespace

SurfaceView::SurfaceView(const people::Body& body, const std::vector<people::ScreenPoint>& screen,
                         const Window& window)
    : body_(body),
      triangles_(window.size(), CV_32S),
      weights_(window.size(), CV_32FC2, cv::Scalar::all(0)) {
  std::vector<people::ScreenPoint> points = screen;
  const auto scale = static_cast<float>(window.scale);
  for (people::ScreenPoint& p : points) {
    p.x = (p.x - static_cast<float>(window.box.x)) * scale;
    p.y = (p.y - static_cast<float>(window.box.y)) * scale;
  }
  const people::DepthBuffer visible =
      people::DrawSurface(body, points, window.size().height, window.size().width);
  const auto width = static_cast<size_t>(window.size().width);
  ForRows(triangles_.rows, [&](int y) {
    for (int x = 0; x < triangles_.cols; ++x) {
      const int index = visible.triangle[static_cast<size_t>(y) * width + static_cast<size_t>(x)];
      triangles_.at<int>(y, x) = index;
      if (index < 0) continue;
      const people::Triangle& t = people::SurfaceTriangle(body, index);
      const auto corner = [&](size_t k) { return points[static_cast<size_t>(t[k])]; };
      const people::Barycentric w =
          people::ScreenTriangle(corner(0), corner(1), corner(2))
              .At(static_cast<float>(x) + .5f, static_cast<float>(y) + .5f);
      weights_.at<cv::Vec2f>(y, x) = {w.b, w.c};
    }
  });
}

const people::Triangle* SurfaceView::TriangleAt(int y, int x) const {
  const int index = triangles_.at<int>(y, x);
  return index < 0 ? nullptr : &people::SurfaceTriangle(body_, index);
}

cv::Mat SurfaceView::Covered() const {
  cv::Mat covered;
  cv::Mat(triangles_ >= 0).convertTo(covered, CV_32F, 1 / 255.0);
  return covered;
}

cv::Mat SurfaceView::Interpolate(const std::vector<float>& values) const {
  cv::Mat out(size(), CV_32F, cv::Scalar(0));
  ForRows(out.rows, [&](int y) {
    for (int x = 0; x < out.cols; ++x) {
      const people::Triangle* t = TriangleAt(y, x);
      if (t == nullptr) continue;
      const people::Barycentric w = WeightsAt(y, x);
      const auto of = [&](size_t k) { return values[static_cast<size_t>((*t)[k])]; };
      out.at<float>(y, x) = of(0) * (1 - w.b - w.c) + of(1) * w.b + of(2) * w.c;
    }
  });
  return out;
}

cv::Mat SurfaceView::Interpolate(const std::vector<people::Vec3>& values) const {
  cv::Mat out(size(), CV_32FC3, cv::Scalar::all(0));
  ForRows(out.rows, [&](int y) {
    for (int x = 0; x < out.cols; ++x) {
      const people::Triangle* t = TriangleAt(y, x);
      if (t == nullptr) continue;
      const people::Barycentric w = WeightsAt(y, x);
      const auto of = [&](size_t k) { return values[static_cast<size_t>((*t)[k])]; };
      const people::Vec3 v = of(0) * (1 - w.b - w.c) + of(1) * w.b + of(2) * w.c;
      out.at<cv::Vec3f>(y, x) = {v.x, v.y, v.z};
    }
  });
  return out;
}

cv::Mat Places::Sample(const cv::Mat& values) const {
  cv::Mat out;
  cv::remap(values, out, x, y, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return out;
}

Places PlacesIn(const people::Body& body, const SurfaceView& view, const Person& person,
                BodySide side) {
  const std::vector<VertexPlace> vertices = VertexPlaces(person);
  const std::vector<int> twins =
      side == BodySide::kMirrored ? TwinVertices(body) : std::vector<int>();
  const cv::Size size = view.size();
  Places places{cv::Mat(size, CV_32F, cv::Scalar(kFarOutside)),
                cv::Mat(size, CV_32F, cv::Scalar(kFarOutside)),
                cv::Mat(size, CV_32F, cv::Scalar(0)), cv::Mat(size, CV_32F, cv::Scalar(0))};
  ForRows(size.height, [&](int y) {
    for (int x = 0; x < size.width; ++x) {
      const people::Triangle* t = view.TriangleAt(y, x);
      if (t == nullptr) continue;
      const people::Barycentric w = view.WeightsAt(y, x);
      const std::array<float, 3> share = {1 - w.b - w.c, w.b, w.c};
      VertexPlace place;
      for (size_t k = 0; k < 3; ++k) {
        auto v = static_cast<size_t>((*t)[k]);
        if (!twins.empty()) v = static_cast<size_t>(twins[v]);
        place.at.x += vertices[v].at.x * share[k];
        place.at.y += vertices[v].at.y * share[k];
        place.at.depth += vertices[v].at.depth * share[k];
        place.squareness += vertices[v].squareness * share[k];
      }
      places.x.at<float>(y, x) = place.at.x - .5f;
      places.y.at<float>(y, x) = place.at.y - .5f;
      places.seen.at<float>(y, x) = Shows(person, place) ? 1.0f : 0.0f;
      places.squareness.at<float>(y, x) = std::max(0.0f, place.squareness);
    }
  });
  return places;
}

cv::Mat NormalsAt(const people::Body& body, const SurfaceView& view, const Person& person,
                  BodySide side) {
  if (side == BodySide::kSame) return view.Interpolate(person.normals);
  const std::vector<int> twins = TwinVertices(body);
  std::vector<people::Vec3> normals(person.normals.size());
  for (size_t v = 0; v < normals.size(); ++v) {
    normals[v] = person.normals[static_cast<size_t>(twins[v])];
  }
  return view.Interpolate(normals);
}

}  // namespace atelier::edit
