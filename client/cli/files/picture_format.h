// The format a picture is written in, by its file's extension.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "picture/picture_header.h"

namespace atelier::cli {

/// Of JPEG and WebP, 0 to 100. At 95 a painted picture differs from its PNG by less than eyes see.
inline constexpr int kPictureQuality = 95;

inline constexpr std::string_view kPictureExtensions = ".png, .jpg, .jpeg or .webp";

/// By the extension in any case, for a link by that of the file it points to; PNG without one, and
/// into a device, FIFO or socket however it is called. INVALID_ARGUMENT with kBadArgumentReason,
/// naming `flag` and the known extensions, for any other.
Result<PictureFormat> FormatOf(const std::filesystem::path& path, std::string_view flag);

/// Whether the file is named as a HEIC file, which is stored as it came and never written anew.
bool HasHeicExtension(const std::filesystem::path& path);

/// `png` in `format`: itself, or the same pixels as JPEG or WebP of kPictureQuality, without EXIF
/// but with the PNG's XMP; what is transparent is laid on white in a JPEG. INVALID_ARGUMENT when it
/// does not decode. REQUIRES: `format` is not kHeic.
Result<std::string> EncodeAs(const std::string& png, PictureFormat format);

}  // namespace atelier::cli
