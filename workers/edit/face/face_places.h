// Which places of the body are the face and the head.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "edit/person/surface_view.h"

namespace atelier::edit {

/// 0..1: how much a place of the body belongs to the features of the face.
float FaceShare(const people::Attributes& place);

/// 0..1: how much it is of eyes or mouth, whose whites are no skin.
float NoSkinShare(const people::Attributes& place, const people::Body& body);

/// 0..1: how much it belongs to the head: all above the neck, and less and less down to its middle.
float HeadShare(const people::Attributes& place);

/// 0..1: how much it belongs to where hair grows.
float ScalpShare(const people::Attributes& place);

/// `of` (of an Attributes) at every sample of `view`: float.
template <typename Of>
cv::Mat Shares(const people::Body& body, const SurfaceView& view, const Of& of) {
  std::vector<float> values;
  values.reserve(body.attributes().size());
  for (const people::Attributes& a : body.attributes()) values.push_back(of(a));
  return view.Interpolate(values);
}

}  // namespace atelier::edit
