#include "people/render/posed_mesh.h"

#include <numeric>
#include <utility>

#include "people/render/stopwatch.h"

namespace atelier::people {
namespace {

constexpr float kInsideShows = .10f;  // metres from an edge

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

/// Metres; y of the lowest point of skin.
float LowestOf(const Body& body, const std::vector<Vec3>& points) {
  float lowest = 1e9f;
  for (const int v : body.skin_vertices()) {
    lowest = std::min(lowest, points[static_cast<size_t>(v)].y);
  }
  return lowest;
}

void Move(const Vec3& offset, std::vector<Vec3>& points) {
  for (Vec3& p : points) p += offset;
}

/// Frames the posed person, whose points and joints are given, or who is framed in their stead; and
/// moves the points to their place on the stage, if there is one.
Camera Frame(const Body& body, const Person& person, const Pose& pose, const View& view,
             const RenderOptions& options, int height, int width, std::vector<Vec3>& points,
             std::vector<Vec3>& joints) {
  const Stage* const stage = options.stage;
  if (stage == nullptr && options.framed_for == nullptr) {
    return Camera(body, view, points, joints, height, width);
  }
  const Person& framed = options.framed_for != nullptr ? *options.framed_for : person;
  const View& framed_view = stage != nullptr ? stage->framed_view : view;
  const NakedBody naked =
      PoseNaked(body, framed, stage != nullptr ? stage->framed_pose : pose, framed_view);
  if (stage != nullptr) {
    const Vec3 offset{stage->across, LowestOf(body, naked.points) - LowestOf(body, points), 0};
    Move(offset, points);
    Move(offset, joints);
  }
  return Camera(body, framed_view, naked.points, naked.joints, height, width);
}

}  // namespace

PosedBody BodyOf(const Body& body, const Person& person, const Pose& pose, const View& view,
                 const RenderOptions& options) {
  NakedBody naked = PoseNaked(body, person, pose, view);
  const Camera camera = Frame(body, person, pose, view, options, options.height, options.width,
                              naked.points, naked.joints);
  return camera.Before(std::move(naked.points));
}

PosedMesh PoseDressed(const Body& body, const Person& person, const Pose& pose, const View& view,
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
  const Camera camera =
      Frame(body, person, pose, view, options, options.height * options.supersample,
            options.width * options.supersample, mesh.positions, skeleton.joints);
  std::vector<ScreenPoint> screen(mesh.positions.size());
  for (size_t i = 0; i < screen.size(); ++i) screen[i] = camera.Project(mesh.positions[i]);
  watch.AddTo(times.pose);
  return {std::move(mesh), std::move(skeleton.joints), camera, std::move(screen)};
}

DepthBuffer DrawDressed(const Body& body, const Look& look, const PosedMesh& posed, int height,
                        int width) {
  DepthBuffer visible(height, width);
  std::vector<float> coverage(posed.screen.size(), 0);
  for (const LayerRange& range : posed.mesh.layers) {
    DrawLayer(body, look, posed.mesh, range, posed.screen, coverage, visible);
  }
  return visible;
}

}  // namespace atelier::people
