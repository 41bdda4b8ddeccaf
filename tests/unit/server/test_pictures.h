// Pictures as far as the server reads them: header and structure, and of IUV pictures alone the
// pixels.
#pragma once

#include <cstdint>
#include <string>

namespace atelier::server {

/// `salt` makes the bytes differ between pictures of one size.
std::string PngBytes(uint32_t width, uint32_t height, const std::string& salt = "");
/// An IUV picture of one part and fewer than 21,000 pixels; `v` makes the bytes differ between
/// pictures of one size.
std::string IuvBytes(int width, int height, uint8_t part = 5, uint8_t v = 200);
/// With an APP0 segment and fill bytes in front of the frame header.
std::string JpegBytes(uint16_t width, uint16_t height);
std::string WebpLossyBytes(uint16_t width, uint16_t height);
std::string WebpLosslessBytes(uint32_t width, uint32_t height);
std::string WebpExtendedBytes(uint32_t width, uint32_t height);

}  // namespace atelier::server
