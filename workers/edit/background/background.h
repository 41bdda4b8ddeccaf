// A person before another background.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/matte.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// How much of every pixel is the person, with hair and soft edges, and their colour there without
/// the wall's.
Matte PersonMatte(const Person& person);

/// `base` before `background` (RGB, any size), which is cut to the aspect of the base. `somebody`:
/// one channel of its size, the person in it; empty where there is none. `filled`: null, or where
/// Backdrop::filled is written.
Edited ReplaceBackground(const Subject& base, const Image& background, const Image& somebody = {},
                         double* filled = nullptr);

/// The same before an even wall; `rgb`: sRGB, 0..255.
Edited ReplaceBackground(const Subject& base, const cv::Vec3f& rgb);

/// The person alone: RGBA, of the picture's size. The colours are not multiplied by alpha; where it
/// is 0 they are black.
Image WithoutBackground(const Subject& base);

}  // namespace atelier::edit
