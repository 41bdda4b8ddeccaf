#include "picture/picture_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "picture/files/exif_orientation.h"
#include "picture/files/heif_file.h"
#include "picture/files/jpeg_file.h"
#include "picture/files/png_file.h"
#include "picture/files/stated_size.h"
#include "picture/files/webp_file.h"

namespace atelier {
namespace {

std::optional<PictureFormat> RecogniseFormat(std::string_view bytes) {
  if (IsPng(bytes)) return PictureFormat::kPng;
  if (IsJpeg(bytes)) return PictureFormat::kJpeg;
  if (IsWebp(bytes)) return PictureFormat::kWebp;
  if (IsHeif(bytes)) return PictureFormat::kHeic;
  return std::nullopt;
}

std::optional<StatedSize> ReadSize(PictureFormat format, std::string_view bytes) {
  switch (format) {
    case PictureFormat::kPng:
      return ReadPngSize(bytes);
    case PictureFormat::kJpeg:
      return ReadJpegSize(bytes);
    case PictureFormat::kWebp:
      return ReadWebpSize(bytes);
    case PictureFormat::kHeic:
      return ReadHeifSize(bytes);
  }
  return std::nullopt;
}

bool IsWhole(PictureFormat format, std::string_view bytes) {
  switch (format) {
    case PictureFormat::kPng:
      return IsWholePng(bytes);
    case PictureFormat::kJpeg:
      return IsWholeJpeg(bytes);
    case PictureFormat::kWebp:
      return IsWholeWebp(bytes);
    case PictureFormat::kHeic:
      return IsWholeHeif(bytes, kMaxPicturePixels);
  }
  return false;
}

std::string FileRule(std::string_view which) {
  return "a " + std::string(which) + std::string(kPictureFormats) + " file";
}

/// What files are that people send in place of a picture that is taken.
std::string_view NameOfOther(std::string_view bytes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kKnown = {
      {{"GIF8", "a GIF: save its first frame as PNG"},
       {std::string_view("II*\0", 4), "a TIFF or camera raw file"},
       {std::string_view("MM\0*", 4), "a TIFF or camera raw file"},
       {"BM", "a BMP"},
       {"8BPS", "a Photoshop file"},
       {"%PDF", "a PDF"},
       {"\xff\x0a", "a JPEG XL"},
       {std::string_view("\0\0\0\x0cJXL ", 8), "a JPEG XL"},
       {std::string_view("\0\0\0\x0cjP  ", 8), "a JPEG 2000"},
       {"\x76\x2f\x31\x01", "an OpenEXR file"},
       {"#?RADIANCE", "a Radiance HDR file"},
       {"\x93NUMPY", "a NumPy array: write it as PNG"},
       {"\x80\x04\x95", "a Python pickle: write its picture as PNG"},
       {"version https://git-lfs", "a Git LFS pointer: fetch the file with `git lfs pull`"},
       {"<", "a web page or SVG"},
       {"data:image", "text, a data URL: decode its base64 first"},
       {"iVBORw0KGgo", "text, a PNG in base64: decode it first"},
       {"/9j/", "text, a JPEG in base64: decode it first"}}};
  for (const auto& [start, name] : kKnown) {
    if (bytes.starts_with(start)) return name;
  }
  const bool is_media = bytes.size() >= 12 && bytes.substr(4, 4) == "ftyp";
  if (!is_media) return "something else";
  return bytes.substr(8, 3) == "avi" ? "an AVIF"
                                     : "a film, or pictures of another coding than HEVC";
}

std::string BytesText(std::string_view bytes) { return std::to_string(bytes.size()) + " bytes"; }

}  // namespace

std::string_view ContentTypeOf(PictureFormat format) {
  switch (format) {
    case PictureFormat::kPng:
      return "image/png";
    case PictureFormat::kJpeg:
      return "image/jpeg";
    case PictureFormat::kWebp:
      return "image/webp";
    case PictureFormat::kHeic:
      return "image/heic";
  }
  return "application/octet-stream";
}

Result<PictureHeader> ReadPictureHeader(std::string_view bytes, std::string_view field,
                                        int64_t max_bytes) {
  const std::string name(field);
  if (static_cast<int64_t>(bytes.size()) > max_bytes) {
    return InvalidField(name, "at most " + std::to_string(max_bytes) + " bytes", BytesText(bytes));
  }
  const auto format = RecogniseFormat(bytes);
  if (!format) {
    return InvalidField(name, FileRule(""),
                        BytesText(bytes) + " of " + std::string(NameOfOther(bytes)));
  }
  auto size = ReadSize(*format, bytes);
  if (!size) {
    return InvalidField(name, FileRule("whole "),
                        BytesText(bytes) + " of " + std::string(ContentTypeOf(*format)) +
                            " without a readable size");
  }
  if (SwapsSides(size->orientation)) std::swap(size->height, size->width);
  const std::string sides = std::to_string(size->width) + " x " + std::to_string(size->height);
  const auto [low, high] = std::minmax(size->height, size->width);
  if (low < kMinPictureSide || high > kMaxPictureSide) {
    return InvalidField(name, "16 to 8192 pixels a side", sides);
  }
  if (size->height * size->width > kMaxPicturePixels) {
    return InvalidField(name, "at most 50000000 pixels in all", sides);
  }
  return PictureHeader{*format, static_cast<int>(size->height), static_cast<int>(size->width),
                       size->orientation};
}

Status CheckPictureWhole(std::string_view bytes, std::string_view field) {
  const auto format = RecogniseFormat(bytes);
  if (format && IsWhole(*format, bytes)) return {};
  return InvalidField(std::string(field), FileRule("whole "),
                      BytesText(bytes) + " that end too early or do not fit together");
}

}  // namespace atelier
