// The pixels of an IUV picture that somebody gives, and the rule for what they may be: the same at
// the server's door, in the workers and in atelier-paint.
//
// Files differ by who wrote them. Taken are 8 bits, 16 bits that hold 8-bit values (as they are, or
// widened by 257), palettes, and transparency that is whole, and then background, or none. Refused
// are, with the likely reason, files without a part, with values that are no part where parts
// belong, with fractions of U and V cut to whole numbers, grey ones and half-transparent ones.
#pragma once

#include <string>
#include <string_view>

#include "base/image.h"
#include "base/iuv_chart.h"
#include "base/result.h"

namespace atelier {

struct IuvFile {
  std::string_view png;
  IuvOrder order = IuvOrder::kIuv;
  /// The request's, for errors.
  std::string field;
};

/// INVALID_ARGUMENT naming the field, unless the file's pixels are an IUV picture. Reads row by
/// row: its memory is that of two rows. REQUIRES: ReadPictureHeader() took the bytes.
Status CheckIuvPixels(const IuvFile& file);

/// The (I, U, V) Image, as it is stored: not turned. Errors and REQUIRES as CheckIuvPixels().
Result<Image> ReadIuvPixels(const IuvFile& file);

}  // namespace atelier
