#include "people/body/body.h"

#include <numeric>

namespace atelier::people {
namespace {

/// Face groups of the data file.
enum Group {
  kSkinGroup = 0,
  kLeftEyeGroup = 1,
  kRightEyeGroup = 2,
  kFirstLashGroup = 3,
  kLastLashGroup = 6,
  kTightsGroup = 7,
  kSkirtGroup = 8,
  kHairGroup = 9,
};

constexpr int kSmoothingRounds = 16;
constexpr uint64_t kNoiseSeed = 7;

float BellOf(float d, float width) { return Bell(Square(d / width)); }

}  // namespace

Body::Body(BodyFile file, Bones bones) : file_(std::move(file)), bones_(bones), noise_(kNoiseSeed) {
  const auto vertices = static_cast<size_t>(file_.vertex_count);
  attributes_.resize(vertices);
  ComputeAttributes();
  ComputeLimbParameters();
  ComputePatches();
  ComputeLandmarks();
  SmoothTights();
  ComputeFaceModes();
  IuvChart::ArmJoints arms;
  IuvChart::LegJoints legs;
  for (size_t s = 0; s < 2; ++s) {
    arms[s] = {joint(bones_.upper_arm[s]), joint(bones_.lower_arm[s]), joint(bones_.hand[s]),
               joint(bones_.fingers[s][1][0])};
    legs[s] = {joint(bones_.thigh[s]), joint(bones_.calf[s]), joint(bones_.foot[s])};
  }
  chart_ = IuvChart(arms, legs);
}

void Body::ComputeAttributes() {
  enum Region { kOther, kArm, kLeg, kHead, kNeck };
  std::vector<Region> region(file_.bone_names.size(), kOther);
  for (size_t b = 0; b < region.size(); ++b) {
    const std::string& name = file_.bone_names[b];
    const std::string stem = name.substr(0, name.find('_'));
    for (const char* s :
         {"thumb", "index", "middle", "ring", "pinky", "hand", "upperarm", "lowerarm"}) {
      if (stem == s) region[b] = kArm;
    }
    for (const char* s : {"thigh", "calf", "foot", "ball"}) {
      if (stem == s) region[b] = kLeg;
    }
  }
  region[static_cast<size_t>(bones_.head)] = kHead;
  region[static_cast<size_t>(bones_.neck)] = kNeck;
  for (size_t v = 0; v < attributes_.size(); ++v) {
    Attributes& a = attributes_[v];
    a.at = {file_.mean[v * 3], file_.mean[v * 3 + 1], file_.mean[v * 3 + 2]};
    for (size_t i = 0; i < 4; ++i) {
      const float w = file_.bone_weights[v][i];
      const Region r = region[file_.bone_indices[v][i]];
      if (r == kArm) a.arm_weight += w;
      if (r == kLeg) a.leg_weight += w;
      if (r == kHead) a.head_weight += w;
      if (r == kNeck) a.neck_weight += w;
    }
    a.lips = file_.masks[0][v];
    a.ears = file_.masks[1][v];
    a.mouth = file_.masks[2][v];
    a.lids = file_.masks[3][v];
  }
}

void Body::ComputeLimbParameters() {
  // Piecewise linear along a two-segment chain: 0 at its start, 1 at the bend, 2 at its end.
  const auto along = [](const Vec3& p, const Vec3& a, const Vec3& b, const Vec3& c) {
    const Vec3 first = b - a;
    const Vec3 second = c - b;
    const float t1 = Dot(p - a, first) / Dot(first, first);
    const float t2 = Dot(p - b, second) / Dot(second, second);
    if (t2 > 0) return t1 > 0.75f ? 1 + t2 : t1;
    return std::min(t1, 1.0f);
  };
  for (Attributes& a : attributes_) {
    const size_t s = a.at.x >= 0 ? kLeft : kRight;
    a.arm =
        along(a.at, joint(bones_.upper_arm[s]), joint(bones_.lower_arm[s]), joint(bones_.hand[s]));
    a.leg = along(a.at, joint(bones_.thigh[s]), joint(bones_.calf[s]), joint(bones_.foot[s]));
  }
}

std::vector<Triangle> Body::TrianglesOf(std::initializer_list<int> groups) const {
  std::vector<Triangle> out;
  for (const int group : groups) {
    for (size_t q = 0; q < file_.quads.size(); ++q) {
      if (file_.quad_groups[q] != group) continue;
      const auto& [a, b, c, d] = file_.quads[q];
      out.push_back({a, b, c});
      out.push_back({a, c, d});
    }
  }
  return out;
}

Patch Body::MakePatch(const std::vector<Triangle>& triangles) const {
  std::vector<int> local(attributes_.size(), -1);
  for (const Triangle& t : triangles) {
    for (const int v : t) local[static_cast<size_t>(v)] = 0;
  }
  Patch out;
  for (size_t v = 0; v < local.size(); ++v) {
    if (local[v] < 0) continue;
    local[v] = static_cast<int>(out.vertices.size());
    out.vertices.push_back(static_cast<int>(v));
  }
  for (const Triangle& t : triangles) {
    out.triangles.push_back({local[static_cast<size_t>(t[0])], local[static_cast<size_t>(t[1])],
                             local[static_cast<size_t>(t[2])]});
  }
  return out;
}

void Body::ComputePatches() {
  skin_ = TrianglesOf({kSkinGroup});
  eyes_ = TrianglesOf({kLeftEyeGroup, kRightEyeGroup});
  lashes_ =
      TrianglesOf({kFirstLashGroup, kFirstLashGroup + 1, kFirstLashGroup + 2, kLastLashGroup});
  tights_ = MakePatch(TrianglesOf({kTightsGroup}));
  skirt_ = MakePatch(TrianglesOf({kSkirtGroup}));
  hair_ = MakePatch(TrianglesOf({kHairGroup}));
  skin_vertices_ = MakePatch(skin_).vertices;
  // The scalp and the nape: what a cap of hair may grow from.
  std::vector<Triangle> scalp;
  for (const Triangle& t : skin_) {
    float weight = 1, low = 10, mouth = 0;
    for (const int v : t) {
      const Attributes& a = attributes_[static_cast<size_t>(v)];
      weight = std::min(weight, a.head_weight + a.neck_weight);
      low = std::min(low, a.at.y);
      mouth = std::max(mouth, a.mouth);
    }
    if (weight > 0.5f && low > 0.62f && mouth < 0.3f) scalp.push_back(t);
  }
  scalp_ = MakePatch(scalp);
}

void Body::ComputeLandmarks() {
  for (size_t s = 0; s < 2; ++s) {
    eye_vertices_[s] =
        MakePatch(TrianglesOf({s == kLeft ? kLeftEyeGroup : kRightEyeGroup})).vertices;
    for (const int v : eye_vertices_[s]) eye_centres_[s] += canonical(v);
    eye_centres_[s] =
        eye_centres_[s] * (1.0f / static_cast<float>(std::max<size_t>(1, eye_vertices_[s].size())));
  }
  float nose = -1;
  for (const int v : skin_vertices_) {
    const Attributes& a = attributes_[static_cast<size_t>(v)];
    const Vec3& p = a.at;
    if (p.y > 0.68f && p.y < 0.74f && std::fabs(p.x) < 0.01f && p.z > nose) {
      nose = p.z;
      nose_vertex_ = v;
    }
    if (a.ears > 0.5f) ear_vertices_[p.x > 0 ? kLeft : kRight].push_back(v);
    if (a.head_weight > 0.5f && p.z > 0.02f && p.y > 0.63f && p.y < 0.82f) {
      face_vertices_.push_back(v);
    }
    if (a.head_weight > 0.9f) skull_vertices_.push_back(v);
  }
}

void Body::SmoothTights() {
  // Laplacian smoothing is linear, so the smoothed shape of a person is the same blend of smoothed
  // components: sixteen rounds are paid once, here.
  const size_t count = tights_.vertices.size();
  std::vector<std::vector<int>> neighbours(count);
  std::vector<int> local(attributes_.size(), -1);
  for (size_t i = 0; i < count; ++i) {
    local[static_cast<size_t>(tights_.vertices[i])] = static_cast<int>(i);
  }
  for (size_t q = 0; q < file_.quads.size(); ++q) {
    if (file_.quad_groups[q] != kTightsGroup) continue;
    for (size_t k = 0; k < 4; ++k) {
      const int a = local[file_.quads[q][k]];
      const int b = local[file_.quads[q][(k + 1) % 4]];
      neighbours[static_cast<size_t>(a)].push_back(b);
      neighbours[static_cast<size_t>(b)].push_back(a);
    }
  }
  const auto smooth = [&](const float* source, float* out) {
    std::vector<Vec3> now(count);
    for (size_t i = 0; i < count; ++i) {
      const float* p = source + static_cast<size_t>(tights_.vertices[i]) * 3;
      now[i] = {p[0], p[1], p[2]};
    }
    std::vector<Vec3> next(count);
    for (int round = 0; round < kSmoothingRounds; ++round) {
      for (size_t i = 0; i < count; ++i) {
        Vec3 sum;
        for (const int n : neighbours[i]) sum += now[static_cast<size_t>(n)];
        const float degree = static_cast<float>(std::max<size_t>(1, neighbours[i].size()));
        next[i] = now[i] * 0.4f + sum * (0.6f / degree);
      }
      now.swap(next);
    }
    for (size_t i = 0; i < count; ++i) {
      out[i * 3] = now[i].x;
      out[i * 3 + 1] = now[i].y;
      out[i * 3 + 2] = now[i].z;
    }
  };
  const auto components = static_cast<size_t>(file_.component_count);
  tights_mean_.resize(count * 3);
  tights_basis_.resize(components * count * 3);
  smooth(file_.mean.data(), tights_mean_.data());
  for (size_t k = 0; k < components; ++k) {
    smooth(&file_.basis[k * file_.mean.size()], &tights_basis_[k * count * 3]);
  }
}

void Body::ComputeFaceModes() {
  const auto eye = eye_centres_[kLeft];
  // Displacements in metres at a coefficient of 1, which is one standard deviation.
  const auto offset = [&](int mode, const Attributes& a) -> Vec3 {
    const Vec3& p = a.at;
    const float sign = p.x >= 0 ? 1.0f : -1.0f;
    const float ax = std::fabs(p.x);
    const float front = Clamp01((p.z - 0.03f) / 0.05f);
    const float nose = BellOf(ax, 0.016f) * BellOf(p.y - 0.710f, 0.024f) * (p.z > 0.09f ? 1 : 0);
    switch (mode) {
      case 0:  // nose: how far it stands out
        return {0, 0, 0.0045f * nose};
      case 1:  // nose: width of the wings
        return {sign * 0.0032f * BellOf(ax - 0.014f, 0.010f) * BellOf(p.y - 0.703f, 0.016f) * front,
                0, 0};
      case 2:  // nose: tip up
        return {0, 0.0035f * nose, 0};
      case 3:  // jaw: width
        return {p.x * 0.085f * Clamp01((0.715f - p.y) / 0.05f), 0, 0};
      case 4:  // chin: length
        return {0, -0.0075f * Clamp01((0.672f - p.y) / 0.035f) * front, 0};
      case 5:  // cheeks: fullness
        return {sign * 0.004f * BellOf(ax - 0.052f, 0.022f) * BellOf(p.y - 0.700f, 0.03f) * front,
                0, 0.002f * BellOf(ax - 0.045f, 0.022f) * BellOf(p.y - 0.705f, 0.03f) * front};
      case 6:  // eyes: how far apart
        return {sign * 0.0026f * BellOf(ax - eye.x, 0.026f) * BellOf(p.y - eye.y, 0.026f) * front,
                0, 0};
      case 7:  // brow: how far the ridge stands out
        return {0, 0, 0.003f * BellOf(p.y - 0.778f, 0.012f) * (ax < 0.055f ? 1 : 0) * front};
      case 8:  // lips: fullness
        return {0, (p.y - 0.660f) * 0.18f * a.lips, 0.0014f * a.lips};
      case 9:  // forehead: height
        return {0, 0.008f * Clamp01((p.y - 0.765f) / 0.08f), 0};
      case kSmileMode:  // corners of the mouth up and out
        return Vec3{sign * .0012f, .0032f, -.0008f} *
               (BellOf(ax - .026f, .011f) * BellOf(p.y - .660f, .012f) * front);
      default: {  // eyes: size
        const Vec3 centre{sign * eye.x, eye.y, eye.z};
        const Vec3 d = p - centre;
        return d * (0.06f * BellOf(Length(d), 0.035f));
      }
    }
  };
  for (int mode = 0; mode < kFaceModeCount; ++mode) {
    FaceMode& out = face_modes_[static_cast<size_t>(mode)];
    for (size_t v = 0; v < attributes_.size(); ++v) {
      if (attributes_[v].head_weight < 0.05f) continue;
      const Vec3 d = offset(mode, attributes_[v]) * attributes_[v].head_weight;
      if (Dot(d, d) < 1e-10f) continue;
      out.vertices.push_back(static_cast<int>(v));
      out.offsets.push_back(d);
    }
  }
}

}  // namespace atelier::people
