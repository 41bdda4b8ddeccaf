#include "people/render/labels.h"

#include "people/body/body_view.h"

namespace atelier::people {
namespace {

/// How far behind the visible surface, in metres, each keypoint may lie and still be visible: a
/// joint sits inside its limb.
constexpr std::array<float, kKeypointCount> kDepthTolerance = {
    .03f, .16f, .12f, .09f, .07f, .12f, .09f, .07f,  .16f,
    .11f, .09f, .16f, .11f, .09f, .03f, .03f, .035f, .035f};

constexpr int kNose = 0;
constexpr int kRightEye = 14;
constexpr int kLeftEye = 15;

Vec3 MeanOf(const std::vector<Vec3>& points, const std::vector<int>& vertices) {
  Vec3 sum;
  for (const int v : vertices) sum += points[static_cast<size_t>(v)];
  return sum * (1.0f / static_cast<float>(std::max<size_t>(1, vertices.size())));
}

std::array<Vec3, kKeypointCount> KeypointPositions(const LabelInput& in) {
  const Bones& bones = in.body.bones();
  const auto joint = [&](int bone) { return in.joints[static_cast<size_t>(bone)]; };
  // OpenPose's hip lies lower than the joint.
  const auto hip = [&](size_t side) {
    return joint(bones.thigh[side]) * .85f + joint(bones.calf[side]) * .15f;
  };
  const auto& points = in.mesh.positions;
  const Vec3 neck = (joint(bones.upper_arm[kLeft]) + joint(bones.upper_arm[kRight])) * .5f;
  return {points[static_cast<size_t>(in.body.nose_vertex())],
          neck,
          joint(bones.upper_arm[kRight]),
          joint(bones.lower_arm[kRight]),
          joint(bones.hand[kRight]),
          joint(bones.upper_arm[kLeft]),
          joint(bones.lower_arm[kLeft]),
          joint(bones.hand[kLeft]),
          hip(kRight),
          joint(bones.calf[kRight]),
          joint(bones.foot[kRight]),
          hip(kLeft),
          joint(bones.calf[kLeft]),
          joint(bones.foot[kLeft]),
          MeanOf(points, in.body.eye_vertices()[kRight]),
          MeanOf(points, in.body.eye_vertices()[kLeft]),
          MeanOf(points, in.body.ear_vertices()[kRight]),
          MeanOf(points, in.body.ear_vertices()[kLeft])};
}

void LabelKeypoints(const LabelInput& in, float scale, const DepthBuffer& body, Rendering& out) {
  const std::array<Vec3, kKeypointCount> positions = KeypointPositions(in);
  for (size_t i = 0; i < positions.size(); ++i) {
    const ScreenPoint p = in.camera.Project(positions[i]);
    Keypoint& k = out.keypoints[i];
    k = {p.x * scale, p.y * scale, 0};
    const bool inside = k.x >= 0 && k.y >= 0 && k.x < static_cast<float>(body.width) &&
                        k.y < static_cast<float>(body.height);
    if (!inside) continue;
    const size_t at =
        static_cast<size_t>(k.y) * static_cast<size_t>(body.width) + static_cast<size_t>(k.x);
    k.confidence = p.depth - body.depth[at] < kDepthTolerance[i] ? 1.0f : .5f;
  }
}

void LabelFace(const LabelInput& in, float scale, Rendering& out) {
  Box box{1e9f, 1e9f, -1e9f, -1e9f};
  for (const int v : in.body.face_vertices()) {
    const ScreenPoint& p = in.screen[static_cast<size_t>(v)];
    box.left = std::min(box.left, p.x * scale);
    box.right = std::max(box.right, p.x * scale);
    box.top = std::min(box.top, p.y * scale);
    box.bottom = std::max(box.bottom, p.y * scale);
  }
  const auto width = static_cast<float>(out.iuv.width);
  const auto height = static_cast<float>(out.iuv.height);
  out.face = {std::clamp(box.left, 0.0f, width), std::clamp(box.top, 0.0f, height),
              std::clamp(box.right, 0.0f, width), std::clamp(box.bottom, 0.0f, height)};
  int seen = 0;
  for (const int i : {kNose, kRightEye, kLeftEye}) {
    if (out.keypoints[static_cast<size_t>(i)].confidence == 1) ++seen;
  }
  out.face_visible = seen >= 2;
}

}  // namespace

void Label(const LabelInput& input, const RenderOptions& options, Rendering& out) {
  const float scale = 1.0f / static_cast<float>(options.supersample);
  const auto vertices = static_cast<size_t>(input.body.file().vertex_count);
  std::vector<ScreenPoint> screen(input.screen.begin(),
                                  input.screen.begin() + static_cast<std::ptrdiff_t>(vertices));
  for (ScreenPoint& p : screen) {
    p.x *= scale;
    p.y *= scale;
  }
  const DepthBuffer visible = DrawSkin(input.body, screen, options.height, options.width);
  out.iuv = IuvOf(input.body, screen, visible);
  LabelKeypoints(input, scale, visible, out);
  LabelFace(input, scale, out);
}

}  // namespace atelier::people
