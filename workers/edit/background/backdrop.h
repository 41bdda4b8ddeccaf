// Backdrop: the part of a picture that is shown behind a person.
#pragma once

#include <opencv2/core.hpp>

#include "base/image.h"

namespace atelier::edit {

struct Backdrop {
  /// Float RGB, of the size that was asked for.
  cv::Mat picture;
  /// Share of what is seen of it, 0..1, that showed somebody and was filled from around them.
  double filled = 0;
};

/// The middle of `picture` (RGB), as much as has the aspect of `front`, in its size. Where
/// `somebody` (one channel of the picture's size, 255 = a person; may be empty) shows a large
/// person, they would look out behind the one in front: they are taken out, the part is chosen in
/// which least of them is beside `front`, and what is filled is out of focus with all the rest.
/// `front`: float, 0..1, how much of each pixel is the person in front.
Backdrop BackdropOf(const Image& picture, const Image& somebody, const cv::Mat& front);

}  // namespace atelier::edit
