// What a picture file says besides its picture, removed: where it was taken, when, by whom and with
// what, smaller copies of it, and whatever else a camera put beside it.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

/// `bytes` without EXIF, XMP, IPTC, comments, thumbnails and anything behind the picture's end.
///
/// Nothing is decoded or encoded: the pixels stay the same, as do the colour profile, the
/// orientation and a PNG's text `iuv_chart`. Done to its own result, it changes nothing. REQUIRES:
/// ReadPictureHeader() and CheckPictureWhole() took `bytes`.
std::string RemovePictureMetadata(std::string_view bytes);

}  // namespace atelier
