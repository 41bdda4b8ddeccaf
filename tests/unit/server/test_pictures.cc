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

/// A PNG's chunk with its CRC-32.
std::string Checked(const std::string& kind, const std::string& payload) {
  uint32_t crc = ~0U;
  for (const char byte : kind + payload) {
    crc ^= static_cast<uint8_t>(byte);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return Big(static_cast<uint32_t>(payload.size()), 4) + kind + payload + Big(~crc, 4);
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

std::string IuvBytes(int width, int height, uint8_t part, uint8_t v) {
  std::string rows;
  for (int y = 0; y < height; ++y) {
    rows += '\0';  // No filter.
    for (int x = 0; x < width; ++x) rows += {static_cast<char>(part), 100, static_cast<char>(v)};
  }
  uint32_t a = 1, b = 0;
  for (const char byte : rows) {
    a = (a + static_cast<uint8_t>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  // zlib's header, and one block that is stored as it is.
  const auto size = static_cast<uint32_t>(rows.size());
  const std::string data = std::string("\x78\x01\x01", 3) + Little(size, 2) + Little(~size, 2) +
                           rows + Big(b << 16 | a, 4);
  return std::string("\x89PNG\r\n\x1a\n", 8) +
         Checked("IHDR", Big(static_cast<uint32_t>(width), 4) +
                             Big(static_cast<uint32_t>(height), 4) +
                             std::string("\x08\x02\0\0\0", 5)) +
         Checked("IDAT", data) + Checked("IEND", "");
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
