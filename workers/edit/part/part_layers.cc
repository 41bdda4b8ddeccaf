#include "edit/part/part_layers.h"

#include <algorithm>
#include <utility>

#include "base/body.h"
#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"
#include "edit/person/surface_view.h"
#include "edit/warp/smoothed.h"

namespace atelier::edit {
namespace {

enum class Segment { kTorso, kArm, kLeg, kHead };

Segment SegmentOf(int number) {
  const auto part = static_cast<BodyPart>(number);
  if (part <= BodyPart::kTorsoFront) return Segment::kTorso;
  if (part <= BodyPart::kLeftHand) return Segment::kArm;
  if (part <= BodyPart::kLeftLowerLegFront) return Segment::kLeg;
  return part < BodyPart::kRightHead ? Segment::kArm : Segment::kHead;
}

std::vector<Label> LabelsOn(Segment segment) {
  switch (segment) {
    case Segment::kTorso:
      return {Label::kSkin, Label::kUpper, Label::kLower};
    case Segment::kArm:
      return {Label::kSkin, Label::kUpper};
    case Segment::kLeg:
      return {Label::kSkin, Label::kLower, Label::kShoes};
    case Segment::kHead:
      return {Label::kSkin, Label::kHair, Label::kUpper, Label::kLower, Label::kShoes};
  }
  return {};
}

bool Holds(const std::vector<Label>& labels, Label label) {
  return std::ranges::find(labels, label) != labels.end();
}

/// 1 for the vertices of the parts, else 0.
std::vector<float> OnParts(const people::Body& body, Parts parts) {
  std::vector<float> on(body.attributes().size(), 0);
  const auto mark = [&](int vertex) {
    const auto v = static_cast<size_t>(vertex);
    const int part = body.chart().At(body.attributes()[v]).part;
    on[v] = std::ranges::find(parts, part) != parts.end() ? 1.0f : 0.0f;
  };
  for (const int vertex : body.skin_vertices()) mark(vertex);
  for (const auto& eye : body.eye_vertices()) {
    for (const int vertex : eye) mark(vertex);
  }
  return on;
}

/// `values` of the vertices at every pixel, off the body those of the nearest place on it.
cv::Mat InPicture(const people::Body& body, const Person& person,
                  const std::vector<float>& values) {
  const SurfaceView view(body, person.screen, {cv::Rect(0, 0, person.width(), person.height()), 1});
  const cv::Mat covered = view.Covered() > .5;
  const cv::Mat on_body = view.Interpolate(values);
  return cv::countNonZero(covered) == 0 ? on_body : NearestOf(covered).Of(on_body);
}

}  // namespace

PartLayers LayersOf(const people::Body& body, Parts parts, PartContent content) {
  constexpr int kSoftRounds = 6;
  constexpr float kTrace = .05f, kAround = .25f;
  PartLayers layers;
  layers.share = Smoothed(body, OnParts(body, parts), kSoftRounds);
  for (const float share : layers.share) layers.around.push_back(Ramp(share, kTrace, kAround));
  if (content == PartContent::kSkin) {
    layers.taken = {Label::kSkin};
    layers.before = {Label::kUpper, Label::kLower};
    return layers;
  }
  for (const int part : parts) {
    const Segment segment = SegmentOf(part);
    for (const Label label : LabelsOn(segment)) {
      if (!Holds(layers.taken, label)) layers.taken.push_back(label);
    }
    if (segment == Segment::kLeg) layers.before = {Label::kUpper};
  }
  std::erase_if(layers.before, [&](Label label) { return Holds(layers.taken, label); });
  return layers;
}

Regions Relabelled(const people::Body& body, const Person& person, const Regions& regions,
                   const PartLayers& layers) {
  const cv::Mat around = InPicture(body, person, layers.around);
  Regions out = regions;
  // Matrices of their own: copies of regions share theirs.
  for (cv::Mat& mask : out.masks) mask = mask.clone();
  cv::Mat carried(around.size(), CV_32F, cv::Scalar(0));
  std::vector<float> carried_vertices(layers.around.size(), 0);
  for (const Label label : layers.taken) {
    const cv::Mat goes = regions.mask(label).mul(around);
    carried += goes;
    out.masks[IndexOf(label)] -= goes;
    std::vector<float>& left = out.membership[IndexOf(label)];
    for (size_t v = 0; v < left.size(); ++v) {
      const float moved = left[v] * layers.around[v];
      carried_vertices[v] += moved;
      left[v] -= moved;
    }
  }
  // Other shoes are worn below.
  out.masks[IndexOf(Label::kLower)] += out.mask(kCarried);
  std::vector<float>& lower = out.membership[IndexOf(Label::kLower)];
  const std::vector<float>& shoes = out.membership_of(kCarried);
  for (size_t v = 0; v < lower.size(); ++v) lower[v] += shoes[v];
  out.masks[IndexOf(kCarried)] = carried;
  out.membership[IndexOf(kCarried)] = std::move(carried_vertices);
  // Where the parts meet the rest is known, and only that.
  out.border_entropy[IndexOf(kCarried)] = 0;
  out.limb_ends.clear();
  return out;
}

}  // namespace atelier::edit
