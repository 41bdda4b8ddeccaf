// Subject: a person whose regions and appearance are known: the base of an edit, or a donor.
#pragma once

#include <array>
#include <optional>

#include "edit/person/appearance.h"
#include "edit/person/person.h"
#include "edit/person/regions.h"

namespace atelier::edit {

/// Where a face's points are in the picture, pixels; left and right are the person's.
struct FacePoints {
  cv::Point2f right_eye, left_eye, nose, right_mouth, left_mouth;
};

struct Subject {
  Person person;
  Regions regions;
  Appearance appearance;
  /// Where a network found the face.
  std::optional<FacePoints> face;
};

/// What a swap made of the base.
struct Edited {
  /// The base with its picture changed, its regions and clothes as they are now.
  Subject subject;
  /// Float, 0..1, the picture's size: how far each pixel was changed. Where it is 0 the picture is
  /// the base's, bit for bit.
  cv::Mat changed;
};

}  // namespace atelier::edit
