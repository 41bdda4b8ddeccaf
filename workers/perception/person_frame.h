// PersonFrame: the part of a picture that one person fills. Pose networks are made for people who
// stand upright and fill the picture; a person who is beside others, far away or upside down is
// read from such a part, turned upright.
#pragma once

#include <optional>

#include "base/body.h"
#include "base/image.h"

namespace atelier::perception {

struct PersonFrame {
  /// Pixels of the picture, within it.
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  /// Counter-clockwise quarter turns that bring the person upright, 0..3.
  int quarter_turns = 0;
};

PersonFrame WholePicture(const Image& picture, int quarter_turns = 0);

bool IsWhole(const PersonFrame& frame, const Image& picture);

/// The frame around `box` with a small margin, turned so that `tilt_degrees` becomes at most 45;
/// the whole picture, turned likewise, for an empty box.
PersonFrame FrameAround(const Box& box, std::optional<double> tilt_degrees, const Image& picture);

/// Whether the person is about as large in the whole upright picture as in the frame.
bool FillsPicture(const PersonFrame& frame, const Image& picture);

/// The frame's pixels, turned.
Image CutFrame(const Image& picture, const PersonFrame& frame);

/// `cut`, which has the size of CutFrame(), back in its place; 0 elsewhere.
Image PutBack(const Image& cut, const PersonFrame& frame, int height, int width);
Keypoints PutBack(const Keypoints& cut, const PersonFrame& frame);

/// The tilt of the body of an IUV picture, by the middles of head and torso: degrees clockwise from
/// upright. Nothing where either has fewer than 16 pixels.
std::optional<double> TiltOfParts(const Image& iuv);

}  // namespace atelier::perception
