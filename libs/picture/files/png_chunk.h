// Chunks of a PNG file: a length, four letters, a payload and a checksum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atelier {

/// The checksum of a chunk's letters and payload.
uint32_t PngChecksum(std::string_view bytes);

/// Appends a chunk with its length and checksum. REQUIRES: `kind` has four letters.
void AppendPngChunk(std::string_view kind, std::string_view payload, std::string& out);

}  // namespace atelier
