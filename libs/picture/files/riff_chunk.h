// Chunks of a RIFF file, which WebP is: four letters, a length and a payload.
#pragma once

#include <string>
#include <string_view>

#include "picture/files/byte_order.h"

namespace atelier {

/// Appends a chunk; one of odd length is followed by a zero byte. REQUIRES: `kind` has four
/// letters.
inline void AppendRiffChunk(std::string_view kind, std::string_view payload, std::string& out) {
  out += kind;
  AppendLittleEndian(payload.size(), 4, out);
  out += payload;
  if (payload.size() % 2 != 0) out += '\0';
}

}  // namespace atelier
