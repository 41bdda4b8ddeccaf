#include "people/look/outfit.h"

namespace atelier::people {
namespace {

/// mean + sum of coefficients times basis rows; [count, 3].
std::vector<Vec3> Blend(const std::vector<float>& mean, const std::vector<float>& basis,
                        const std::vector<float>& coefficients) {
  std::vector<float> flat = mean;
  const size_t n = mean.size();
  for (size_t k = 0; k < coefficients.size(); ++k) {
    const float c = coefficients[k];
    const float* row = &basis[k * n];
    float* out = flat.data();
    for (size_t i = 0; i < n; ++i) out[i] += c * row[i];
  }
  std::vector<Vec3> points(n / 3);
  for (size_t i = 0; i < points.size(); ++i) {
    points[i] = {flat[i * 3], flat[i * 3 + 1], flat[i * 3 + 2]};
  }
  return points;
}

float HairVolume(const Hair& hair) {
  switch (hair.style) {
    case HairStyle::kShort:
      return .015f * hair.volume;
    case HairStyle::kBuzz:
      return .004f;
    case HairStyle::kAfro:
      return .040f * hair.volume;
    case HairStyle::kBald:
      return 0;
    case HairStyle::kBob:
      return .015f * hair.volume;
    case HairStyle::kLong:
      return .013f * hair.volume;
    case HairStyle::kBun:
      return .010f;
  }
  return 0;
}

class Dresser {
 public:
  Dresser(const Body& body, const Person& person, const RestShape& shape)
      : body_(body), look_(person.look), person_(person), shape_(shape) {}

  Mesh Run() {
    mesh_.positions = shape_.vertices;
    mesh_.sources.resize(shape_.vertices.size());
    for (size_t i = 0; i < mesh_.sources.size(); ++i) mesh_.sources[i] = static_cast<int>(i);
    AddGarments();
    AddHair();
    AddTriangles(Layer::kEyes, false, body_.eyes(), 0);
    AddTriangles(Layer::kLashes, true, body_.lashes(), 0);
    AddTriangles(Layer::kSkin, false, body_.skin(), 0);
    return std::move(mesh_);
  }

 private:
  void AddTriangles(Layer layer, bool two_sided, const std::vector<Triangle>& triangles,
                    int offset) {
    const size_t first = mesh_.triangles.size();
    for (const Triangle& t : triangles) {
      mesh_.triangles.push_back({t[0] + offset, t[1] + offset, t[2] + offset});
    }
    mesh_.layers.push_back({layer, two_sided, first, mesh_.triangles.size(), 0, 0});
  }

  void AddPatch(Layer layer, bool two_sided, const Patch& patch, const std::vector<Vec3>& at) {
    const auto offset = static_cast<int>(mesh_.positions.size());
    mesh_.positions.insert(mesh_.positions.end(), at.begin(), at.end());
    mesh_.sources.insert(mesh_.sources.end(), patch.vertices.begin(), patch.vertices.end());
    AddTriangles(layer, two_sided, patch.triangles, offset);
    mesh_.layers.back().first_vertex = static_cast<size_t>(offset);
    mesh_.layers.back().last_vertex = mesh_.positions.size();
  }

  std::vector<Vec3> PatchPositions(const Patch& patch) const {
    std::vector<Vec3> out;
    out.reserve(patch.vertices.size());
    for (const int v : patch.vertices) out.push_back(shape_.vertices[static_cast<size_t>(v)]);
    return out;
  }

  void AddGarments();
  void AddSkirt();
  void AddHair();
  void AddCap(float volume);
  void AddStrips();

  const Body& body_;
  const Look& look_;
  const Person& person_;
  const RestShape& shape_;
  Mesh mesh_;
};

void Dresser::AddGarments() {
  // A shell that bridges hollows: the smoothed surface where it is outside, never inside, the skin.
  const Patch& tights = body_.tights();
  const std::vector<Vec3> base = PatchPositions(tights);
  std::vector<Vec3> shell = Blend(body_.tights_mean(), body_.tights_basis(), person_.shape);
  const std::vector<Vec3> normals = VertexNormals(shell, tights.triangles);
  for (size_t i = 0; i < shell.size(); ++i) {
    const float outside = std::max(0.0f, Dot(shell[i] - base[i], normals[i]));
    shell[i] = base[i] + normals[i] * (outside + .004f);
  }
  std::array<std::vector<Vec3>, 4> garments;  // jacket, top, bottom, shoes
  for (auto& g : garments) g.resize(shell.size());
  for (size_t i = 0; i < shell.size(); ++i) {
    const Attributes& a = body_.attributes()[static_cast<size_t>(tights.vertices[i])];
    const float arm = a.arm_weight;
    const float bottom =
        .002f + look_.bottom.looseness * Clamp01((a.leg - .15f) * 1.2f) * a.leg_weight;
    float top = .003f +
                look_.top.looseness * (1 - .6f * arm) * std::clamp((.5f - a.at.y) * 3, .15f, 1.0f) +
                .006f * arm * Clamp01(look_.top.sleeve - a.arm);
    top = std::max(top, (bottom + .004f) * (1 - arm));
    const float shoes = .005f + (a.at.y < -.78f ? .004f : 0.0f);
    garments[0][i] = shell[i] + normals[i] * (top + .009f + .003f * arm);
    garments[1][i] = shell[i] + normals[i] * top;
    garments[2][i] = shell[i] + normals[i] * bottom;
    garments[3][i] = shell[i] + normals[i] * shoes;
  }
  if (look_.jacket) AddPatch(Layer::kJacket, false, tights, garments[0]);
  AddPatch(Layer::kTop, false, tights, garments[1]);
  if (look_.bottom.HasSkirt()) {
    AddSkirt();
  } else {
    AddPatch(Layer::kBottom, false, tights, garments[2]);
  }
  AddPatch(Layer::kShoes, false, tights, garments[3]);
}

void Dresser::AddSkirt() {
  const Patch& skirt = body_.skirt();
  std::vector<Vec3> at = PatchPositions(skirt);
  for (size_t i = 0; i < at.size(); ++i) {
    const float y = body_.canonical(skirt.vertices[i]).y;
    const float scale = 1 + (look_.bottom.flare - 1) * Clamp01((.1f - y) * 2.2f);
    at[i].x *= scale * 1.02f;
    at[i].z = (at[i].z - .01f) * (scale * 1.05f) + .01f;
  }
  const std::vector<Vec3> normals = VertexNormals(at, skirt.triangles);
  for (size_t i = 0; i < at.size(); ++i) {
    const float y = body_.canonical(skirt.vertices[i]).y;
    at[i] += normals[i] * (.004f + .012f * Clamp01((.08f - y) * 6));
  }
  AddPatch(Layer::kSkirt, true, skirt, at);
}

void Dresser::AddHair() {
  const float volume = HairVolume(look_.hair);
  if (volume > 0) AddCap(volume);
  if (look_.hair.style == HairStyle::kLong || look_.hair.style == HairStyle::kBob) AddStrips();
}

void Dresser::AddCap(float volume) {
  const Patch& scalp = body_.scalp();
  const bool afro = look_.hair.style == HairStyle::kAfro;
  Vec3 centre;
  for (const int v : body_.skull_vertices()) centre += shape_.vertices[static_cast<size_t>(v)];
  centre = centre * (1.0f / static_cast<float>(body_.skull_vertices().size()));
  centre += Vec3{0, .01f, -.005f};
  std::vector<Vec3> at = PatchPositions(scalp);
  for (size_t i = 0; i < at.size(); ++i) {
    const int v = scalp.vertices[i];
    const Vec3 p = body_.canonical(v);
    const float above = p.y - Hairline(look_.hair, p);
    const float rise = Clamp01((above + (afro ? .02f : .004f)) / .05f);
    const float tuft = .7f + .6f * body_.noise().At(p * (afro ? 12.0f : 30.0f) + look_.hair.phase);
    const float crown = 1 + .5f * Clamp01((p.y - .78f) * 10);
    float amount = .002f + volume * rise * tuft * crown;
    // Sideburns lie close, or the wall would show behind them.
    if (p.z > -.02f) amount *= .2f + .8f * Clamp01((p.y - .745f) / .04f);
    amount *= 1 - .8f * Clamp01(body_.attributes()[static_cast<size_t>(v)].ears * 2);
    at[i] += Unit(at[i] - centre) * amount;
  }
  AddPatch(Layer::kHairCap, false, scalp, at);
}

void Dresser::AddStrips() {
  // The helper surface is separate locks. A second set, turned and a little further in, stands
  // behind the gaps of the first.
  const Patch& hair = body_.hair();
  const Vec3 pivot = shape_.joints[static_cast<size_t>(body_.bones().head)];
  const std::vector<Vec3> base = PatchPositions(hair);
  const std::vector<Vec3> normals = VertexNormals(base, hair.triangles);
  for (const float degrees : {0.0f, 9.0f, -9.0f}) {
    const Mat3 turn = Rotation({0, 1, 0}, degrees);
    const float inset = degrees == 0 ? 1.0f : .965f;
    std::vector<Vec3> at = base;
    for (size_t i = 0; i < at.size(); ++i) {
      Vec3 d = at[i] + normals[i] * (.004f * look_.hair.volume) - pivot;
      d.x *= inset;
      d.z *= inset;
      at[i] = pivot + turn * d;
    }
    AddPatch(Layer::kHairStrips, true, hair, at);
  }
}

}  // namespace

RestShape ShapeOf(const Body& body, const Person& person) {
  const BodyFile& file = body.file();
  RestShape out;
  out.vertices = Blend(file.mean, file.basis, person.shape);
  out.joints = Blend(file.joint_mean, file.joint_basis, person.shape);
  for (size_t mode = 0; mode < kFaceModeCount; ++mode) {
    const FaceMode& face = body.face_modes()[mode];
    const float c = person.look.face.shape[mode];
    for (size_t i = 0; i < face.vertices.size(); ++i) {
      out.vertices[static_cast<size_t>(face.vertices[i])] += face.offsets[i] * c;
    }
  }
  return out;
}

Mesh Dress(const Body& body, const Person& person, const RestShape& shape) {
  return Dresser(body, person, shape).Run();
}

std::vector<Vec3> VertexNormals(const std::vector<Vec3>& positions,
                                const std::vector<Triangle>& triangles) {
  std::vector<Vec3> out(positions.size());
  for (const Triangle& t : triangles) {
    const auto a = static_cast<size_t>(t[0]);
    const auto b = static_cast<size_t>(t[1]);
    const auto c = static_cast<size_t>(t[2]);
    const Vec3 n = Cross(positions[b] - positions[a], positions[c] - positions[a]);
    out[a] += n;
    out[b] += n;
    out[c] += n;
  }
  for (Vec3& n : out) n = n * (1 / (Length(n) + 1e-12f));
  return out;
}

}  // namespace atelier::people
