// Rendered people as edits see them: picture, mask and exact body, with their true regions.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <opencv2/core.hpp>

#include "edit/person/person.h"
#include "edit/person/regions.h"
#include "imaging/view_of.h"
#include "people/render/render.h"

namespace atelier::edit {

inline const std::shared_ptr<const people::Body>& SharedBody() {
  static const auto body = people::Body::Load(ATELIER_PEOPLE_BODY);
  REQUIRE(body.has_value());
  return *body;
}
inline const people::Body& TheBody() { return *SharedBody(); }

/// What a pixel of a rendering is to an edit; -1 = not the person.
inline int LabelOf(people::Region region) {
  using people::Region;
  switch (region) {
    case Region::kBackground:
      return -1;
    case Region::kSkin:
    case Region::kFace:
      return static_cast<int>(Label::kSkin);
    case Region::kHair:
      return static_cast<int>(Label::kHair);
    case Region::kTop:
    case Region::kJacket:
      return static_cast<int>(Label::kUpper);
    case Region::kBottom:
      return static_cast<int>(Label::kLower);
    case Region::kShoes:
      return static_cast<int>(Label::kShoes);
  }
  return -1;
}

/// The true mask of every label: float, 0 or 1.
inline std::array<cv::Mat, kLabelCount> MasksOf(const Image& regions) {
  std::array<cv::Mat, kLabelCount> masks;
  for (cv::Mat& mask : masks) mask = cv::Mat::zeros(regions.height, regions.width, CV_32F);
  for (int y = 0; y < regions.height; ++y) {
    for (int x = 0; x < regions.width; ++x) {
      const int label = LabelOf(static_cast<people::Region>(*regions.at(y, x)));
      if (label >= 0) masks[static_cast<size_t>(label)].at<float>(y, x) = 1;
    }
  }
  return masks;
}

struct RenderedPerson {
  people::Rendering rendering;
  Person person;
  /// With the true masks, and no limb ends.
  Regions truth;
};

struct RenderedPersonOptions {
  int height = 256;
  int width = 176;
  double yaw = 0;
  people::PoseKind pose = people::PoseKind::kStand;
};

/// The whole of a person of `seed`, through their exact body. The same seed is the same person with
/// every yaw and pose.
inline RenderedPerson RenderPerson(uint64_t seed, const RenderedPersonOptions& options = {}) {
  const people::Body& body = TheBody();
  const people::Person identity = people::SamplePerson(body, seed);
  const people::Pose pose = people::SamplePose(seed, options.pose);
  const people::View view =
      people::SampleView(seed, {.yaw = options.yaw, .crop = people::Crop::kFull});
  const people::RenderOptions size{.height = options.height, .width = options.width};
  RenderedPerson out;
  out.rendering = people::Render(body, identity, pose, view, size);
  out.person = MakePerson(body, out.rendering.rgb, out.rendering.mask,
                          people::BodyOf(body, identity, pose, view, size));
  out.truth = RegionsOf(body, out.person, MasksOf(out.rendering.regions));
  return out;
}

/// Intersection over union of what is above a half, 0..1.
inline double Overlap(const cv::Mat& one, const cv::Mat& other) {
  const cv::Mat a = one > .5f, b = other > .5f;
  const int either = cv::countNonZero(a | b);
  return either == 0 ? 1 : static_cast<double>(cv::countNonZero(a & b)) / either;
}

}  // namespace atelier::edit
