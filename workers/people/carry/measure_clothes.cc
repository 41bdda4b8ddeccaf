#include <algorithm>
#include <cmath>

#include "people/body/body_view.h"
#include "people/carry/dressed_body.h"
#include "people/carry/skin_places.h"
#include "people/carry/skin_system.h"
#include "people/fit/outline.h"

namespace atelier::people {
namespace {

// The distances x of all vertices of the skin are the least squares solution of
//
//   sum_outline w_i (x_i - d_i)^2 + kSmoothness sum_edges (x_i - x_j)^2
//     + sum_i (kSmallness + kStillness [still]) x_i^2
//
// where d_i was measured at a point of the outline. Photographs of clothed people were fitted with
// these weights: more smoothness takes hair and hems away, less leaves bumps in other poses.
constexpr double kSmoothness = 6;
constexpr double kSmallness = .02;
constexpr double kStillness = 50;
/// What a point of the outline tells about its mirrored twin.
constexpr double kTwinShare = .25;
/// Metres: a body further outside of the mask than kLeast is a misfit, and what stands off further
/// than kMost is another limb, a bag or a chair.
constexpr double kLeast = -.02, kMost = .12;
/// Longer side of the picture that is measured in, pixels.
constexpr int kWorkingSize = 512;
constexpr int kOutlinePoints = 2000;
constexpr double kReachMetres = .2;

/// Vertices that wear nothing thick: hands, feet and the face.
std::vector<bool> StillVertices(const Body& body) {
  const Bones& bones = body.bones();
  std::vector<bool> still = VerticesOn(
      body, {bones.hand[kLeft], bones.hand[kRight], bones.foot[kLeft], bones.foot[kRight]}, true);
  // The front of the face alone: hair stands off its sides.
  const std::vector<bool> face = FrontOfFace(body);
  for (size_t v = 0; v < still.size(); ++v) still[v] = still[v] || face[v];
  return still;
}

/// What was measured of each vertex of the skin.
struct Measured {
  std::vector<double> weight;
  std::vector<double> weighted_distance;
};

/// Whether the body comes again on the way to the mask's edge: then what stands off there is
/// another limb.
bool MeetsBody(const OutlineDistance& point, const DepthBuffer& visible) {
  for (double step = 2; step <= point.pixels + 1; ++step) {
    const Eigen::Vector2d at = point.from + point.normal * step;
    const auto x = static_cast<int>(std::floor(at.x())), y = static_cast<int>(std::floor(at.y()));
    if (x < 0 || y < 0 || x >= visible.width || y >= visible.height) return false;
    if (visible.triangle[static_cast<size_t>(y) * static_cast<size_t>(visible.width) +
                         static_cast<size_t>(x)] >= 0) {
      return true;
    }
  }
  return false;
}

Measured MeasureOutline(const Body& body, const PosedBody& posed, const Image& mask,
                        const std::vector<int>& places, const std::vector<bool>& still) {
  const double scale =
      std::min(1.0, static_cast<double>(kWorkingSize) / std::max(mask.height, mask.width));
  const int height = std::max(1, static_cast<int>(std::lround(mask.height * scale)));
  const int width = std::max(1, static_cast<int>(std::lround(mask.width * scale)));
  const PosedBody small = InPicture(posed, scale, 0, 0);
  const DepthBuffer visible = DrawSkin(body, Project(small), height, width);
  const double pixels_per_metre = small.camera.pixels_per_metre;
  const int reach = std::max(1, static_cast<int>(std::lround(kReachMetres * pixels_per_metre)));

  const size_t count = body.skin_vertices().size();
  Measured out{std::vector<double>(count, 0), std::vector<double>(count, 0)};
  for (const OutlineDistance& point :
       OutlineDistances(body, visible, ResizeMask(mask, height, width), reach, kOutlinePoints)) {
    const double metres = point.pixels / pixels_per_metre;
    if (still[static_cast<size_t>(point.vertex)] || metres < kLeast || metres > kMost) continue;
    if (MeetsBody(point, visible)) continue;
    const auto at = static_cast<size_t>(places[static_cast<size_t>(point.vertex)]);
    out.weight[at] += 1;
    out.weighted_distance[at] += std::max(0.0, metres);
  }
  return out;
}

void ShareWithTwins(const std::vector<int>& twins, Measured& measured) {
  const Measured own = measured;
  for (size_t i = 0; i < twins.size(); ++i) {
    const auto twin = static_cast<size_t>(twins[i]);
    measured.weight[i] += kTwinShare * own.weight[twin];
    measured.weighted_distance[i] += kTwinShare * own.weighted_distance[twin];
  }
}

}  // namespace

std::vector<float> MeasureClothes(const Body& body, const PosedBody& posed, const Image& mask) {
  const std::vector<int> places = PlacesInSkin(body);
  const std::vector<bool> still = StillVertices(body);
  Measured measured = MeasureOutline(body, posed, mask, places, still);
  ShareWithTwins(MirrorTwins(body), measured);

  const std::vector<int>& skin = body.skin_vertices();
  for (size_t i = 0; i < skin.size(); ++i) {
    measured.weight[i] += kSmallness + (still[static_cast<size_t>(skin[i])] ? kStillness : 0);
  }
  const std::vector<double> distances =
      SkinSystem(body, measured.weight, kSmoothness).Solve(measured.weighted_distance);

  std::vector<float> clothes(static_cast<size_t>(body.file().vertex_count), 0);
  for (size_t i = 0; i < skin.size(); ++i) {
    clothes[static_cast<size_t>(skin[i])] =
        static_cast<float>(std::clamp(distances[i], 0.0, kMost));
  }
  return clothes;
}

}  // namespace atelier::people
