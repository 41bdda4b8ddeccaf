// HEIC files decoded, by libheif. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/image.h"
#include "base/result.h"

namespace atelier::imaging {

/// The RGB Image of a HEIC file's primary picture: cut, turned and mirrored as the file says, 8
/// bits a channel, transparency laid on white, in sRGB; reduced by `factor`, 1 or more. The error
/// is a text that says what is wrong. REQUIRES: ReadPictureHeader() and CheckPictureWhole() took
/// `bytes`.
tl::expected<Image, std::string> DecodeHeif(std::string_view bytes, int factor);

}  // namespace atelier::imaging
