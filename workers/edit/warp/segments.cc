#include "edit/warp/segments.h"

#include <array>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"

namespace atelier::edit {
namespace {

/// Of the limb's parameter, on each side of elbow and knee.
constexpr float kJoint = .15f;

/// Of every vertex.
std::vector<std::array<float, kSegmentCount>> VertexSharesOf(const people::Body& body) {
  std::vector<std::array<float, kSegmentCount>> shares;
  shares.reserve(body.attributes().size());
  for (const people::Attributes& a : body.attributes()) {
    std::array<float, kSegmentCount> of{};
    const size_t side = a.at.x > 0 ? 0 : 1;
    const float fore = Ramp(a.arm, 1 - kJoint, 1 + kJoint);
    const float lower = Ramp(a.leg, 1 - kJoint, 1 + kJoint);
    of[0] = 1 - a.arm_weight - a.leg_weight;
    of[1 + side] = a.arm_weight * (1 - fore);
    of[3 + side] = a.arm_weight * fore;
    of[5 + side] = a.leg_weight * (1 - lower);
    of[7 + side] = a.leg_weight * lower;
    shares.push_back(of);
  }
  return shares;
}

}  // namespace

SegmentShares SegmentsOf(const people::Body& body, const SurfaceView& view) {
  const auto vertices = VertexSharesOf(body);
  SegmentShares shares;
  std::vector<float> of_segment(vertices.size());
  for (size_t k = 0; k < kSegmentCount; ++k) {
    for (size_t v = 0; v < vertices.size(); ++v) of_segment[v] = vertices[v][k];
    shares[k] = view.Interpolate(of_segment);
  }
  return shares;
}

SegmentShares Continued(const SegmentShares& shares, const cv::Mat& covered) {
  if (cv::countNonZero(covered) == 0) return shares;
  const NearestPlace nearest = NearestOf(covered > .5);
  SegmentShares out;
  for (size_t k = 0; k < kSegmentCount; ++k) out[k] = nearest.Of(shares[k]);
  return out;
}

}  // namespace atelier::edit
