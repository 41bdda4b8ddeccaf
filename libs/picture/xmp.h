// XMP packets in JPEG and WebP files, as readers of metadata look for them. Of PNG: png_text.h.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

/// `jpeg` with an XMP packet (UTF-8, at most 65,502 bytes) in an APP1 segment behind its first
/// marker. Bytes that do not begin like a JPEG, and packets that are too long, leave it as it is.
std::string AddJpegXmp(std::string_view jpeg, std::string_view packet);

/// What the head of an extended WebP file says of its picture.
struct WebpCanvas {
  /// Pixels, 1 to 16384.
  int height = 0;
  int width = 0;
  bool has_alpha = false;
};

/// `webp`, a plain file of one picture, with an XMP packet: extended by a VP8X chunk. Anything else
/// is left as it is.
std::string AddWebpXmp(std::string_view webp, std::string_view packet, const WebpCanvas& canvas);

}  // namespace atelier
