#include "people/carry/surface_colours.h"

#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>
#include <algorithm>
#include <cmath>
#include <optional>

#include "people/carry/skin_places.h"

namespace atelier::people {
namespace {

// The colours x of all vertices of the skin are the least squares solution of
//
//   sum_seen kSeen q_i^6 (x_i - c_i)^2 + sum_edges w_ij (x_i - x_j)^2
//
// channel by channel. q is how squarely a vertex was seen: pixels at the edges of the body, which
// border on the unseen side, may show an arm or the wall, and count next to nothing. w is 1 for
// edges around a limb, and the less the more they run along it. What was seen says a little of its
// mirrored twin, too: one sleeve is like the other.
constexpr double kSeen = 20;
constexpr double kTwinShare = .01;
constexpr double kAlong = 24;
/// Of edges between face, hair and the rest: colours do not run across.
constexpr double kBorder = .001;
/// Seen less squarely, a pixel's colour is somebody else's too easily.
constexpr float kLeastSquareness = .25f;
/// The face was seen where at least this share of it was.
constexpr double kFaceShare = .25;

/// The direction of every bone, towards the bones that hang on it; up for the head and the torso.
std::vector<Vec3> BoneAxes(const Body& body) {
  const BodyFile& file = body.file();
  const auto count = static_cast<size_t>(file.bone_count);
  std::vector<Vec3> axes(count, Vec3{0, 1, 0});
  std::vector<bool> is_limb(count, false);
  for (size_t side = 0; side < 2; ++side) {
    for (const int bone : {body.bones().upper_arm[side], body.bones().thigh[side]}) {
      is_limb[static_cast<size_t>(bone)] = true;
    }
  }
  std::vector<Vec3> ends(count);
  std::vector<float> children(count, 0);
  for (size_t b = 0; b < count; ++b) {
    if (file.parents[b] < 0) continue;
    const auto parent = static_cast<size_t>(file.parents[b]);
    if (is_limb[parent]) is_limb[b] = true;
    ends[parent] += body.joint(static_cast<int>(b));
    ++children[parent];
  }
  for (size_t b = 0; b < count; ++b) {
    if (!is_limb[b]) continue;
    // The last bone of a limb goes on as the one before.
    if (children[b] == 0) {
      axes[b] = axes[static_cast<size_t>(file.parents[b])];
    } else {
      axes[b] = Unit(ends[b] * (1 / children[b]) - body.joint(static_cast<int>(b)));
    }
  }
  return axes;
}

enum class Zone : uint8_t { kBody, kFace, kHair };

/// Hair begins above the nape, metres in the mean shape.
constexpr float kNape = .70f;

/// Of every vertex. Ears are of the face: both are skin.
std::vector<Zone> ZonesOf(const Body& body) {
  std::vector<Zone> zones(static_cast<size_t>(body.file().vertex_count), Zone::kBody);
  for (const int v : body.skin_vertices()) {
    const Attributes& a = body.attributes()[static_cast<size_t>(v)];
    if (a.head_weight > .5f && a.at.y > kNape) zones[static_cast<size_t>(v)] = Zone::kHair;
    if (a.ears > .5f) zones[static_cast<size_t>(v)] = Zone::kFace;
  }
  for (const int v : body.face_vertices()) zones[static_cast<size_t>(v)] = Zone::kFace;
  return zones;
}

/// Mean of the photograph's pixels around a place; nothing outside of it.
std::optional<Vec3> ColourAt(const Image& photograph, float x, float y) {
  const int column = FloorToInt(x), row = FloorToInt(y);
  if (column < 1 || row < 1 || column + 1 >= photograph.width || row + 1 >= photograph.height) {
    return std::nullopt;
  }
  Vec3 sum;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      const uint8_t* pixel = photograph.at(row + dy, column + dx);
      sum += Vec3{static_cast<float>(pixel[0]), static_cast<float>(pixel[1]),
                  static_cast<float>(pixel[2])};
    }
  }
  return sum * (1 / 9.f);
}

/// Edges of the surface, each once a triangle, with their weights.
template <typename Visit>
void VisitEdges(const Body& body, const std::vector<Zone>& zones, const Visit& visit) {
  const std::vector<Vec3> axes = BoneAxes(body);
  const auto axis_of = [&](int vertex) {
    return axes[body.file().bone_indices[static_cast<size_t>(vertex)][0]];
  };
  const auto weigh = [&](int one, int other) {
    const Vec3 along = Unit(body.canonical(other) - body.canonical(one));
    const double cosine = static_cast<double>(Dot(along, Unit(axis_of(one) + axis_of(other))));
    const bool border = zones[static_cast<size_t>(one)] != zones[static_cast<size_t>(other)];
    // Hair comes down from the crown, which is seen from everywhere.
    const bool hair = zones[static_cast<size_t>(one)] == Zone::kHair && !border;
    visit(one, other, (border ? kBorder : 1) / (hair ? 1 : 1 + kAlong * cosine * cosine));
  };
  for (const Triangle& t : body.skin()) {
    weigh(t[0], t[1]);
    weigh(t[1], t[2]);
    weigh(t[2], t[0]);
  }
}

}  // namespace

SeenColours ReadColours(const BodyFitter& fitter, const CarrySource& source,
                        const Image& photograph) {
  const std::vector<int>& skin = fitter.body().skin_vertices();
  const float grown = static_cast<float>(photograph.width) / static_cast<float>(source.width());
  SeenColours out;
  out.colours.resize(skin.size());
  for (size_t i = 0; i < skin.size(); ++i) {
    const ScreenPoint& at = source.screen()[static_cast<size_t>(skin[i])];
    const float squareness = source.SquarenessAt(at.x, at.y, at.depth);
    if (squareness < kLeastSquareness) continue;
    const std::optional<Vec3> rgb = ColourAt(photograph, at.x * grown, at.y * grown);
    if (rgb) out.colours[i] = {*rgb, std::pow(static_cast<double>(squareness), 6)};
  }
  return out;
}

SurfaceColours ColourSurface(const BodyFitter& fitter, std::span<const SeenColours* const> seen) {
  const Body& body = fitter.body();
  const std::vector<int>& skin = body.skin_vertices();
  const std::vector<int> place = PlacesInSkin(body);
  const std::vector<int> twins = MirrorTwins(body);
  const std::vector<Zone> zones = ZonesOf(body);
  const auto count = static_cast<Eigen::Index>(skin.size());
  std::vector<Eigen::Triplet<double>> entries;
  Eigen::Matrix<double, Eigen::Dynamic, 3> wanted = decltype(wanted)::Zero(count, 3);
  const auto want = [&](int at, double trust, const Vec3& colour) {
    entries.emplace_back(at, at, trust);
    wanted.row(at) += trust * Eigen::RowVector3d(colour.x, colour.y, colour.z);
  };
  double face = 0, face_seen = 0;
  for (size_t i = 0; i < skin.size(); ++i) {
    const auto at = static_cast<int>(i);
    // Keeps the system solvable where nothing was seen.
    entries.emplace_back(at, at, 1e-9);
    SeenColours::Colour best;
    for (const SeenColours* one : seen) {
      if (one->colours[i].trust > best.trust) best = one->colours[i];
    }
    const bool is_face = zones[static_cast<size_t>(skin[i])] == Zone::kFace;
    face += is_face;
    if (best.trust == 0) continue;
    face_seen += is_face;
    want(at, kSeen * best.trust, best.rgb);
    want(twins[i], kTwinShare * kSeen * best.trust, best.rgb);
  }
  VisitEdges(body, zones, [&](int one, int other, double weight) {
    const int i = place[static_cast<size_t>(one)], j = place[static_cast<size_t>(other)];
    entries.emplace_back(i, i, weight);
    entries.emplace_back(j, j, weight);
    entries.emplace_back(i, j, -weight);
    entries.emplace_back(j, i, -weight);
  });
  Eigen::SparseMatrix<double> matrix(count, count);
  matrix.setFromTriplets(entries.begin(), entries.end());
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(matrix);
  SurfaceColours out;
  out.colours.resize(static_cast<size_t>(body.file().vertex_count));
  out.has_face = face_seen >= kFaceShare * face;
  for (int channel = 0; channel < 3; ++channel) {
    const Eigen::VectorXd values = solver.solve(wanted.col(channel));
    for (size_t i = 0; i < skin.size(); ++i) {
      Vec3& colour = out.colours[static_cast<size_t>(skin[i])];
      const auto value =
          static_cast<float>(std::clamp(values[static_cast<Eigen::Index>(i)], 0.0, 255.0));
      (channel == 0 ? colour.x : channel == 1 ? colour.y : colour.z) = value;
    }
  }
  return out;
}

}  // namespace atelier::people
