// The size of the pictures that HEVC data codes, read from its sequence parameter set
// (ITU-T H.265, 7.3.2.2), so that a decoder is not made to hold larger ones than the file states.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace atelier {

struct HevcSize {
  uint64_t height = 0;
  uint64_t width = 0;
};

/// Type of the unit `nal`, 0 to 63; nothing for fewer bytes than its header has.
std::optional<int> HevcUnitType(std::string_view nal);

inline constexpr int kHevcSequenceParameters = 33;

/// The size in a sequence parameter set; nothing when it cannot be read. REQUIRES: `nal` is one.
std::optional<HevcSize> ReadHevcSize(std::string_view nal);

}  // namespace atelier
