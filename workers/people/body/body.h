// Body: the parametric human mesh that every rendered person is made of.
//
// The data file holds a mean shape, a linear basis of shapes, a skeleton whose joints are linear in
// the same coefficients, skinning weights, and helper surfaces that garments and hair are cut from.
// Coordinates are metres: x to the person's left, y up, z forward. The *canonical* coordinate of a
// vertex is its place in the mean shape: garments, face paint and body parts are functions of it,
// so they follow every shape and pose.
//
// Thread rule: immutable after Load().
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "people/body/iuv_chart.h"
#include "people/body/vec.h"

namespace atelier::people {

/// Index of a side in every two-element array of this library. Sides are the person's.
enum Side { kLeft = 0, kRight = 1 };
/// +1 for the left side, whose x is positive, -1 for the right.
inline constexpr float SideSign(int side) { return side == kLeft ? 1.0f : -1.0f; }

using Triangle = std::array<int, 3>;

/// A part of the mesh with its own vertex numbering.
struct Patch {
  std::vector<int> vertices;        // local -> body vertex
  std::vector<Triangle> triangles;  // of local vertices
};

/// One displacement field of the head, in metres for a coefficient of 1.
struct FaceMode {
  std::vector<int> vertices;
  std::vector<Vec3> offsets;
};
inline constexpr int kFaceModeCount = 12;
inline constexpr int kEyeSizeMode = 10;
inline constexpr int kSmileMode = 11;

struct Bones {
  int neck = 0;
  int head = 0;
  std::array<int, 3> spine{};
  std::array<int, 2> clavicle{}, upper_arm{}, lower_arm{}, hand{};
  std::array<int, 2> thigh{}, calf{}, foot{}, ball{};
  std::array<std::array<std::array<int, 3>, 4>, 2> fingers{};  // [side][index..pinky][joint]
};

/// The contents of the file.
struct BodyFile {
  int vertex_count = 0;
  int component_count = 0;
  int bone_count = 0;
  std::vector<float> mean;          // [V, 3]
  std::vector<float> basis;         // [K, V, 3]
  std::vector<float> joint_mean;    // [B, 3]
  std::vector<float> joint_basis;   // [K, B, 3]
  std::vector<float> coefficients;  // [N, K]; sampled shapes
  std::vector<float> masculinity;   // [N]; 0..1
  std::vector<std::array<uint16_t, 4>> quads;
  std::vector<uint8_t> quad_groups;
  std::vector<std::array<uint8_t, 4>> bone_indices;
  std::vector<std::array<float, 4>> bone_weights;  // of each vertex; they sum to 1
  std::vector<int> parents;                        // -1 = root; a parent comes before its children
  std::array<std::vector<float>, 4> masks;         // [V]; lips, ears, inside of the mouth, eyelids
  std::vector<std::string> bone_names;
};

class Body {
 public:
  /// DATA_LOSS / BODY_FILE_INVALID when the file is not a whole body file, NOT_FOUND when absent.
  static Result<std::shared_ptr<const Body>> Load(const std::filesystem::path& path);
  static Result<std::shared_ptr<const Body>> Parse(std::span<const uint8_t> bytes);

  /// REQUIRES: `file` was checked by ParseBodyFile().
  Body(BodyFile file, Bones bones);

  const BodyFile& file() const { return file_; }
  int shape_count() const { return static_cast<int>(file_.masculinity.size()); }
  Vec3 canonical(int vertex) const { return attributes_[static_cast<size_t>(vertex)].at; }
  Vec3 joint(int bone) const {
    const float* p = &file_.joint_mean[static_cast<size_t>(bone) * 3];
    return {p[0], p[1], p[2]};
  }

  // Derived once; read by the renderer.
  const Bones& bones() const { return bones_; }
  const std::vector<Attributes>& attributes() const { return attributes_; }
  const std::vector<Triangle>& skin() const { return skin_; }
  const std::vector<Triangle>& eyes() const { return eyes_; }
  const std::vector<Triangle>& lashes() const { return lashes_; }
  const std::vector<int>& skin_vertices() const { return skin_vertices_; }
  const Patch& tights() const { return tights_; }
  const Patch& skirt() const { return skirt_; }
  const Patch& hair() const { return hair_; }
  const Patch& scalp() const { return scalp_; }
  const std::vector<float>& tights_mean() const { return tights_mean_; }
  const std::vector<float>& tights_basis() const { return tights_basis_; }
  const std::array<FaceMode, kFaceModeCount>& face_modes() const { return face_modes_; }
  const std::vector<int>& skull_vertices() const { return skull_vertices_; }
  const std::vector<int>& face_vertices() const { return face_vertices_; }
  const std::array<std::vector<int>, 2>& eye_vertices() const { return eye_vertices_; }
  const std::array<std::vector<int>, 2>& ear_vertices() const { return ear_vertices_; }
  const std::array<Vec3, 2>& eye_centres() const { return eye_centres_; }
  int nose_vertex() const { return nose_vertex_; }
  const NoiseField& noise() const { return noise_; }
  const IuvChart& chart() const { return chart_; }

 private:
  void ComputeAttributes();
  void ComputeLimbParameters();
  void ComputePatches();
  void ComputeLandmarks();
  void SmoothTights();
  void ComputeFaceModes();
  Patch MakePatch(const std::vector<Triangle>& triangles) const;
  std::vector<Triangle> TrianglesOf(std::initializer_list<int> groups) const;

  BodyFile file_;
  Bones bones_;
  std::vector<Attributes> attributes_;
  std::vector<Triangle> skin_, eyes_, lashes_;
  std::vector<int> skin_vertices_;
  Patch tights_, skirt_, hair_, scalp_;
  std::vector<float> tights_mean_;   // [T, 3]; smoothed
  std::vector<float> tights_basis_;  // [K, T, 3]; smoothed
  std::array<FaceMode, kFaceModeCount> face_modes_;
  std::vector<int> skull_vertices_, face_vertices_;
  std::array<std::vector<int>, 2> eye_vertices_, ear_vertices_;
  std::array<Vec3, 2> eye_centres_{};
  int nose_vertex_ = 0;
  NoiseField noise_;
  IuvChart chart_;
};

/// The bytes of a body file, checked: sizes, indices, bone names.
Result<BodyFile> ParseBodyFile(std::span<const uint8_t> bytes);
Result<Bones> ResolveBones(const std::vector<std::string>& names);

}  // namespace atelier::people
