// PNG and whole-file writing for the command; pictures of one or three channels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/image.h"
#include "base/result.h"

namespace atelier::people {

/// INVALID_ARGUMENT unless the picture has 1 or 3 channels and is not empty.
Result<std::vector<uint8_t>> EncodePng(const Image& image);

/// Binary PGM or PPM.
Result<std::vector<uint8_t>> EncodePnm(const Image& image);

/// By the extension of `path`: .png, .ppm or .pgm.
Status WriteImage(const Image& image, const std::filesystem::path& path);

/// A PNG of an IUV picture in the renderer's own chart, whose text `iuv_chart` says so. `path` must
/// end in .png.
Status WriteIuv(const Image& iuv, const std::filesystem::path& path);

/// As WriteOutputFile() (system/output_file.h), in a folder that is made when it is not there.
Status WriteFile(std::span<const uint8_t> bytes, const std::filesystem::path& path);

}  // namespace atelier::people
