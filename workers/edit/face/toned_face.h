// A person's picture with the face in another skin tone.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/subject.h"

namespace atelier::edit {

/// Where a picture shows the face of `person`, and something more around; empty where it does not.
cv::Rect FaceBox(const people::Body& body, const Person& person);

/// Float matrices of the picture's size.
struct TonedPicture {
  cv::Mat rgb;
  /// 0..1: how much of each pixel was changed; 1 outside of the box.
  cv::Mat skin;
};

/// `subject`'s picture with the skin of `box` brought from the face's tone to `to` (CIELAB); hair,
/// eyes, teeth and the wall as they are. `placed`: the same person with the head where the face is
/// (WithHeadAtFace()).
TonedPicture WithTone(const people::Body& body, const Subject& subject, const Person& placed,
                      const cv::Rect& box, const cv::Vec3f& to);

}  // namespace atelier::edit
