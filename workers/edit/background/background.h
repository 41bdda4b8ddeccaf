// A person before another background.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/matte.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// How much of every pixel is the person, with hair and soft edges, and their colour there without
/// the wall's.
Matte PersonMatte(const Person& person);

/// `base` before `background` (RGB, any size), whose middle is cut to the aspect of the base.
Edited ReplaceBackground(const Subject& base, const Image& background);

/// The same before an even wall; `rgb`: sRGB, 0..255.
Edited ReplaceBackground(const Subject& base, const cv::Vec3f& rgb);

/// The person alone: RGBA, of the picture's size. The colours are not multiplied by alpha; where it
/// is 0 they are black.
Image WithoutBackground(const Subject& base);

/// The middle of `picture`, as much as has the aspect of height : width, in that size.
Image CutToAspect(const Image& picture, int height, int width);

}  // namespace atelier::edit
