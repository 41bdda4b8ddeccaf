// How a person looks in their picture apart from where they are: the light on them, the tone of
// their skin, and the wall behind them.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/person.h"
#include "edit/person/regions.h"

namespace atelier::edit {

struct Appearance {
  /// The logarithm of a surface's luminance grows by the scalar product of this and its normal (in
  /// the camera's frame), whatever its colour.
  people::Vec3 light;
  /// Median CIELAB of the skin of body and face; L 0..100. Where too little of one is seen, the
  /// other's; where no skin is, a mean one.
  cv::Vec3f skin_lab, face_lab;
  /// Whether any skin was seen.
  bool has_skin = false;
  /// Float, three channels, RGB 0..255, the picture's size: the picture without the person, what is
  /// behind them continued from around.
  cv::Mat wall;
};

Appearance AppearanceOf(const people::Body& body, const Person& person, const Regions& regions);

}  // namespace atelier::edit
