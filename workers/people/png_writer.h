// PNG and whole-file writing for the command; pictures of one or three channels.
//
// Written by hand over zlib, not with libpng or OpenCV: the trainer and this command are also built
// on GPU machines that have a compiler, LibTorch and the few headers that tools/gpu packs, and
// libpng would be one more library to carry there for the three chunks of a plain picture.
// Everything that decodes pictures, or encodes them in a service, is OpenCV's (workers/imaging).
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

/// As WriteOutputFile() (base/output_file.h), in a folder that is made when it is not there.
Status WriteFile(std::span<const uint8_t> bytes, const std::filesystem::path& path);

}  // namespace atelier::people
