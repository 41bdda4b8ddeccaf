#include "people/render/render.h"

#include <ctime>
#include <numeric>
#include <utility>

#include "people/look/outfit.h"
#include "people/pose/camera.h"
#include "people/render/labels.h"
#include "people/render/paint.h"
#include "people/render/shade.h"

namespace atelier::people {
namespace {

constexpr float kInsideShows = .10f;  // metres from an edge

/// Adds this thread's processor time since it was last asked to a counter: on a busy machine the
/// wall clock would measure the neighbours.
class Stopwatch {
 public:
  void AddTo(double& milliseconds) {
    const double now = Now();
    milliseconds += now - last_;
    last_ = now;
  }

 private:
  static double Now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
  }
  double last_ = Now();
};

/// Visibility of one layer; surfaces that are cut out of a larger one are tested per sample, but
/// only in triangles that an edge may cross.
void DrawLayer(const Body& body, const Look& look, const Mesh& mesh, const LayerRange& range,
               const std::vector<ScreenPoint>& screen, std::vector<float>& coverage,
               DepthBuffer& out) {
  const auto attributes_of = [&](int vertex) -> const Attributes& {
    return body.attributes()[static_cast<size_t>(mesh.sources[static_cast<size_t>(vertex)])];
  };
  const auto always = [](const Barycentric&) { return true; };
  const bool whole =
      range.layer == Layer::kSkin || range.layer == Layer::kEyes || range.layer == Layer::kLashes;
  if (!whole) {
    for (size_t v = range.first_vertex; v < range.last_vertex; ++v) {
      coverage[v] = Coverage(range.layer, look, body.noise(), attributes_of(static_cast<int>(v)));
    }
  }
  for (size_t i = range.first; i < range.last; ++i) {
    const Triangle& t = mesh.triangles[i];
    const auto index = static_cast<int>(i);
    if (whole) {
      DrawTriangle(screen, t, index, range.two_sided, out, always);
      continue;
    }
    const float a = coverage[static_cast<size_t>(t[0])];
    const float b = coverage[static_cast<size_t>(t[1])];
    const float c = coverage[static_cast<size_t>(t[2])];
    if (std::max({a, b, c}) < -kEdgeBand) continue;
    // Near an edge the inside of a sleeve or collar shows.
    const float least = std::min({a, b, c});
    const bool two_sided = range.two_sided || least < kInsideShows;
    if (least > kEdgeBand) {
      DrawTriangle(screen, t, index, two_sided, out, always);
      continue;
    }
    const auto inside = [&](const Barycentric& w) {
      const Attributes at =
          Interpolate(attributes_of(t[0]), attributes_of(t[1]), attributes_of(t[2]), w);
      return Coverage(range.layer, look, body.noise(), at) > 0;
    };
    DrawTriangle(screen, t, index, two_sided, out, inside);
  }
}

void Transform(const Mat3& rotation, std::vector<Vec3>& points) {
  for (Vec3& p : points) p = rotation * p;
}

struct NakedBody {
  std::vector<Vec3> points;  // camera's frame
  std::vector<Vec3> joints;
};

NakedBody PoseNaked(const Body& body, const Person& person, const Pose& pose, const View& view) {
  RestShape shape = ShapeOf(body, person);
  PosedSkeleton skeleton = PoseSkeleton(body, shape.joints, pose);
  std::vector<int> sources(shape.vertices.size());
  std::iota(sources.begin(), sources.end(), 0);
  Skin(body, skeleton, sources, shape.vertices);
  const Mat3 turn = Camera::RotationOf(view);
  Transform(turn, shape.vertices);
  Transform(turn, skeleton.joints);
  return {std::move(shape.vertices), std::move(skeleton.joints)};
}

Camera CameraFor(const Body& body, const Person& person, const Pose& pose, const View& view,
                 int height, int width) {
  const NakedBody naked = PoseNaked(body, person, pose, view);
  return Camera(body, view, naked.points, naked.joints, height, width);
}

}  // namespace

PosedBody BodyOf(const Body& body, const Person& person, const Pose& pose, const View& view,
                 const RenderOptions& options) {
  const Person& framed = options.framed_for != nullptr ? *options.framed_for : person;
  return CameraFor(body, framed, pose, view, options.height, options.width)
      .Before(PoseNaked(body, person, pose, view).points);
}

Rendering Render(const Body& body, const Person& person, const Pose& pose, const View& view,
                 const RenderOptions& options) {
  RenderTimes unused;
  RenderTimes& times = options.times != nullptr ? *options.times : unused;
  Stopwatch watch;
  const RestShape shape = ShapeOf(body, person);
  Mesh mesh = Dress(body, person, shape);
  watch.AddTo(times.dress);

  PosedSkeleton skeleton = PoseSkeleton(body, shape.joints, pose);
  Skin(body, skeleton, mesh.sources, mesh.positions);
  const Mat3 turn = Camera::RotationOf(view);
  Transform(turn, mesh.positions);
  Transform(turn, skeleton.joints);
  const int height = options.height * options.supersample;
  const int width = options.width * options.supersample;
  const Camera camera = options.framed_for != nullptr
                            ? CameraFor(body, *options.framed_for, pose, view, height, width)
                            : Camera(body, view, mesh.positions, skeleton.joints, height, width);
  std::vector<ScreenPoint> screen(mesh.positions.size());
  for (size_t i = 0; i < screen.size(); ++i) screen[i] = camera.Project(mesh.positions[i]);
  const std::vector<Vec3> normals = VertexNormals(mesh.positions, mesh.triangles);
  watch.AddTo(times.pose);

  DepthBuffer visible(height, width);
  std::vector<float> coverage(mesh.positions.size(), 0);
  for (const LayerRange& range : mesh.layers) {
    DrawLayer(body, person.look, mesh, range, screen, coverage, visible);
  }
  watch.AddTo(times.raster);

  Rendering out;
  Shade({body, person.look, mesh, screen, normals, visible, view.scene, camera}, options, out);
  watch.AddTo(times.shade);
  Label({body, mesh, screen, skeleton.joints, camera}, options, out);
  watch.AddTo(times.labels);
  return out;
}

}  // namespace atelier::people
