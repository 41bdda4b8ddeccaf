// Text inside of a PNG file: its tEXt chunks, a keyword and a text in Latin-1 each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace atelier {

/// `png` with one more text, placed behind its header. Bytes that do not begin like a PNG come back
/// as they are. REQUIRES: `keyword` has 1 to 79 characters; neither it nor `text` has a zero byte.
std::string AddPngText(std::string_view png, std::string_view keyword, std::string_view text);

/// `png` with an XMP packet (UTF-8), placed behind its header as readers of metadata look for it:
/// the iTXt chunk `XML:com.adobe.xmp`. Bytes that do not begin like a PNG come back as they are.
std::string AddPngXmp(std::string_view png, std::string_view packet);

/// The XMP packet of a PNG, where it is not compressed; nothing otherwise. Takes any bytes.
std::optional<std::string> ReadPngXmp(std::string_view png);

/// The first text under `keyword`; nothing when there is none, or when the bytes are no PNG or end
/// before it. A chunk whose checksum is wrong counts as missing. Takes any bytes.
std::optional<std::string> ReadPngText(std::string_view png, std::string_view keyword);

}  // namespace atelier
