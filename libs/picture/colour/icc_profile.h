// ICC colour profiles, as far as cameras, telephones and image editors use them for RGB and grey
// pictures: three primaries and three curves, or one curve. Takes any bytes.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace atelier {

/// What pixels of 8 bits mean as light.
struct ColourSpace {
  /// By value: the light of each channel, 0 to 1.
  std::array<std::array<float, 256>, 3> light = {};
  /// Rows of a matrix from the channels' light to sRGB's.
  std::array<std::array<float, 3>, 3> to_srgb = {};
};

/// Nothing for a profile of tables, of other colours than RGB and grey (CMYK), or that is damaged.
std::optional<ColourSpace> ReadIccProfile(std::string_view profile);

/// sRGB's primaries with the light of a value to the power of `exponent`.
ColourSpace PowerLaw(double exponent);

}  // namespace atelier
