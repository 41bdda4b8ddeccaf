#include "picture/files/png_chunk.h"

#include <zlib.h>

#include "picture/files/byte_order.h"

namespace atelier {

uint32_t PngChecksum(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

void AppendPngChunk(std::string_view kind, std::string_view payload, std::string& out) {
  std::string checked(kind);
  checked += payload;
  AppendBigEndian(payload.size(), 4, out);
  out += checked;
  AppendBigEndian(PngChecksum(checked), 4, out);
}

}  // namespace atelier
