// The colours of picture files brought to sRGB, which everything behind the decoder takes pixels
// for: a telephone's Display P3 read as sRGB is pale, a linear picture dark.
#pragma once

#include <optional>
#include <string_view>

#include "base/image.h"
#include "picture/colour/icc_profile.h"

namespace atelier {

/// What a PNG, JPEG or WebP file says of its colours: its profile, or a PNG's gamma without one.
/// Nothing when it says nothing, or nothing that is understood; then its pixels are sRGB's. A
/// HEIC file's profile is its decoder's to find. Takes any bytes.
std::optional<ColourSpace> ReadColourSpace(std::string_view bytes);

/// `rgb` in sRGB. What differs from sRGB by a grey level at most is left as it is, to the bit.
/// REQUIRES: three channels.
void BringToSrgb(const ColourSpace& space, Image& rgb);

}  // namespace atelier
