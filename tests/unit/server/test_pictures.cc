#include "unit/server/test_pictures.h"

namespace atelier::server {
namespace {

std::string Big(uint32_t value, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string Little(uint32_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string Webp(const std::string& chunk, const std::string& payload) {
  return "RIFF" + Little(static_cast<uint32_t>(12 + payload.size()), 4) + "WEBP" + chunk +
         Little(static_cast<uint32_t>(payload.size()), 4) + payload + std::string(16, '\0');
}

}  // namespace

std::string PngBytes(uint32_t width, uint32_t height, const std::string& salt) {
  const auto chunk = [](const char* kind, const std::string& data) {
    return Big(static_cast<uint32_t>(data.size()), 4) + kind + data + Big(0, 4);
  };
  return std::string("\x89PNG\r\n\x1a\n", 8) +
         chunk("IHDR", Big(width, 4) + Big(height, 4) + std::string("\x08\x02\0\0\0", 5)) +
         chunk("IDAT", salt) + chunk("IEND", "");
}

std::string JpegBytes(uint16_t width, uint16_t height) {
  return std::string("\xff\xd8", 2) + std::string("\xff\xe0", 2) + Big(16, 2) +
         std::string(14, 'J') + std::string("\xff\xff\xff\xc2", 4) + Big(11, 2) + "\x08" +
         Big(height, 2) + Big(width, 2) + std::string(8, '\0') + std::string("\xff\xd9", 2);
}

std::string WebpLossyBytes(uint16_t width, uint16_t height) {
  // The two bits above the 14 of a side are its scale.
  return Webp("VP8 ", std::string("\0\0\0\x9d\x01\x2a", 6) + Little(width | 0x4000, 2) +
                          Little(height | 0x8000, 2));
}

std::string WebpLosslessBytes(uint32_t width, uint32_t height) {
  return Webp("VP8L", "\x2f" + Little((width - 1) | ((height - 1) << 14), 4));
}

std::string WebpExtendedBytes(uint32_t width, uint32_t height) {
  return Webp("VP8X", std::string(4, '\0') + Little(width - 1, 3) + Little(height - 1, 3));
}

}  // namespace atelier::server
