// Where one shot of a film ends and the next begins.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/image.h"

namespace atelier::people {

inline constexpr int kLookRows = 9, kLookColumns = 16;

/// Mean colours of a picture's parts.
using FrameLook = std::array<float, size_t{kLookRows} * kLookColumns * 3>;

/// REQUIRES: RGB, not empty.
FrameLook LookOf(const Image& picture);

/// First frames of all shots but the first: where the picture changes at once by much more than
/// around it. A person who moves fast, or a camera that does, is no cut.
std::vector<int> FindCuts(const std::vector<FrameLook>& looks);

}  // namespace atelier::people
