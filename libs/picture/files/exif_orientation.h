// The orientation in EXIF data: how the stored pixels are turned and mirrored to be shown.
//
// 1 as stored, 2 mirrored left to right, 3 turned by 180 degrees, 4 mirrored top to bottom, 5
// transposed, 6 turned by 90 degrees clockwise, 7 transposed along the other diagonal, 8 turned by
// 90 degrees counter-clockwise. From 5 on, width and height change places.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

inline constexpr int kUprightOrientation = 1;

/// Whether width and height change places.
inline bool SwapsSides(int orientation) { return orientation >= 5; }

/// The orientation that EXIF data states, with or without "Exif\0\0" in front. 1 when it states
/// none, or none that exists. Takes any bytes.
int ReadExifOrientation(std::string_view exif);

/// EXIF data that states `orientation` and nothing else, without "Exif\0\0" in front.
std::string MakeExifOrientation(int orientation);

}  // namespace atelier
