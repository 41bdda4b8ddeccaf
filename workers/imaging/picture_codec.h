// Encoded pictures <-> Image. Thread-safe; the one place where a worker decodes bytes from outside.
#pragma once

#include <string>
#include <string_view>

#include "base/image.h"
#include "base/iuv_chart.h"
#include "base/result.h"

namespace atelier::imaging {

/// An RGB Image from PNG, JPEG, WebP or HEIC bytes, of the size that ReadPictureHeader() tells:
/// grey is expanded, more than 8 bits are cut to 8, transparency is laid on white, the orientation
/// is applied, colours are brought to sRGB (picture/colour/picture_colours.h), and of an animation
/// the first frame is taken. INVALID_ARGUMENT naming `field` when the bytes break
/// ReadPictureHeader()'s rules, end too early or do not decode.
Result<Image> DecodePicture(std::string_view bytes, std::string_view field);

/// The same for a caller who uses no more than `longest` pixels of the long side; 0: all. A picture
/// of at least twice as many is reduced by a whole factor, its long side not below `longest`. A
/// JPEG is reduced while it is decoded and a HEIC tile by tile, so that the whole picture is never
/// in memory as RGB.
Result<Image> DecodePicture(std::string_view bytes, std::string_view field, int longest);

/// The (I, U, V) Image of an IUV picture's PNG, whose channels stand in `order`: pixel for pixel,
/// turned by the orientation that the PNG may have, as every picture is. INVALID_ARGUMENT naming
/// `field` when it is anything else, or shows no body part at all (picture/iuv_pixels.h).
Result<Image> DecodeIuv(std::string_view png, std::string_view field,
                        IuvOrder order = IuvOrder::kIuv);

/// The one-channel Image of a grey PNG.
Result<Image> DecodeGrey(std::string_view png, std::string_view field);

/// PNG of an Image of one channel, of RGB or of RGBA. REQUIRES: `image` is not empty.
Result<std::string> EncodePng(const Image& image);

/// PNG of an IUV picture whose text `iuv_chart` names its chart, one of kIuvCharts. REQUIRES: `iuv`
/// is not empty.
Result<std::string> EncodeIuv(const Image& iuv, std::string_view chart);

}  // namespace atelier::imaging
