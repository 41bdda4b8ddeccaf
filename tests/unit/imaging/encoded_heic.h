// HEIC files with real pixels, encoded by libheif.
#pragma once

#include <string>

#include "base/image.h"

namespace atelier::imaging {

enum class HeicChroma { k420, k444 };

/// A HEIC file of an RGB Image, or of one with four channels, the last of them transparency.
/// With an ICC profile unless it is empty. REQUIRES: its sides are even.
std::string EncodeHeic(const Image& image, HeicChroma chroma = HeicChroma::k420,
                       const std::string& profile = "");

}  // namespace atelier::imaging
