#include "imaging/picture_codec.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/iuv_chart.h"
#include "imaging/heif_decoder.h"
#include "imaging/mat_image.h"
#include "imaging/view_of.h"
#include "picture/colour/picture_colours.h"
#include "picture/files/exif_orientation.h"
#include "picture/iuv_pixels.h"
#include "picture/picture_header.h"
#include "picture/png_text.h"
#include "picture/webp_frame.h"

namespace atelier::imaging {
namespace {

/// zlib's level: pictures travel between processes of one cluster, time matters more than bytes.
constexpr int kPngCompression = 3;

Unexpected Undecodable(std::string_view field, std::string_view why) {
  return InvalidField(std::string(field), "a whole, decodable picture", why);
}

/// Whether OpenCV may take a file for another format than its first bytes say. A WebP whose header
/// libwebp refuses is offered to its other readers, and two of them look further back: DICOM's,
/// which ends the process where it meets something unexpected, and GDAL's.
bool HasMarkOfAnotherFormat(std::string_view bytes) {
  constexpr size_t kDicomMark = 128;
  constexpr size_t kDtedMark = 140;
  const auto has = [&](size_t at, std::string_view mark) {
    return bytes.size() >= at + mark.size() && bytes.substr(at, mark.size()) == mark;
  };
  return has(kDicomMark, "DICM") || has(kDtedMark, "DTED");
}

/// The pixels as they are stored. Seam: OpenCV throws on some broken input and returns an empty
/// matrix on other.
Result<cv::Mat> DecodeMat(std::string_view bytes, int flags, std::string_view field) {
  if (HasMarkOfAnotherFormat(bytes)) return Undecodable(field, "a file of two formats");
  try {
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U,
                          const_cast<char*>(bytes.data()));
    cv::Mat mat = cv::imdecode(encoded, flags);
    if (mat.empty()) return Undecodable(field, "broken or truncated data");
    if (mat.depth() == CV_16U) mat.convertTo(mat, CV_8U, 1.0 / 257.0);
    if (mat.depth() != CV_8U) return Undecodable(field, "an unusual pixel type");
    return mat;
  } catch (const cv::Exception& error) {
    return Undecodable(field, error.err);
  }
}

/// By how much a picture is reduced of which `longest` pixels are wanted on the long side.
int ReductionOf(const PictureHeader& header, int longest) {
  const int side = std::max(header.height, header.width);
  if (longest <= 0 || side < 2 * longest) return 1;
  const int factor = side / longest;
  const bool any = header.format == PictureFormat::kPng || header.format == PictureFormat::kWebp;
  if (any) return factor;
  // libjpeg reduces by powers of two, which divide the tiles of a HEIC file, too.
  return factor >= 8 ? 8 : factor >= 4 ? 4 : 2;
}

/// IMREAD_UNCHANGED keeps transparency; it and IMREAD_IGNORE_ORIENTATION leave pixels as stored.
int FlagsFor(PictureFormat format, int factor) {
  if (format != PictureFormat::kJpeg) return cv::IMREAD_UNCHANGED;
  const int colour = factor == 8   ? cv::IMREAD_REDUCED_COLOR_8
                     : factor == 4 ? cv::IMREAD_REDUCED_COLOR_4
                     : factor == 2 ? cv::IMREAD_REDUCED_COLOR_2
                                   : cv::IMREAD_COLOR;
  return colour | cv::IMREAD_IGNORE_ORIENTATION;
}

/// The first frame of an animation on its canvas, which is transparent where the frame is not.
Result<cv::Mat> DecodeFirstFrame(std::string_view webp, std::string_view field) {
  const std::optional<WebpFrame> frame = FirstWebpFrame(webp);
  if (!frame) return Undecodable(field, "an animation without a whole first frame");
  ATELIER_ASSIGN_OR_RETURN(cv::Mat mat, DecodeMat(frame->still, cv::IMREAD_UNCHANGED, field));
  if (mat.rows != frame->height || mat.cols != frame->width) {
    return Undecodable(field, "a frame of another size than it says");
  }
  if (mat.rows == frame->canvas_height && mat.cols == frame->canvas_width) return mat;
  try {
    if (mat.channels() == 3) cv::cvtColor(mat, mat, cv::COLOR_BGR2BGRA);
    cv::Mat canvas(frame->canvas_height, frame->canvas_width, CV_8UC4, cv::Scalar::all(0));
    mat.copyTo(canvas(cv::Rect(frame->left, frame->top, mat.cols, mat.rows)));
    return canvas;
  } catch (const cv::Exception& error) {
    return Undecodable(field, error.err);
  }
}

Result<Image> DecodeWithOpenCv(std::string_view bytes, const PictureHeader& header, int factor,
                               std::string_view field) {
  ATELIER_ASSIGN_OR_RETURN(cv::Mat mat,
                           IsAnimatedWebp(bytes)
                               ? DecodeFirstFrame(bytes, field)
                               : DecodeMat(bytes, FlagsFor(header.format, factor), field));
  try {
    if (header.format != PictureFormat::kJpeg) mat = ReduceBy(mat, factor);
    return ImageOf(TurnUpright(std::move(mat), header.orientation));
  } catch (const cv::Exception& error) {
    return Undecodable(field, error.err);
  }
}

Result<Image> DecodeWithLibheif(std::string_view bytes, int factor, std::string_view field) {
  try {
    auto image = DecodeHeif(bytes, factor);
    if (!image) return Undecodable(field, image.error());
    return *std::move(image);
  } catch (const cv::Exception& error) {
    return Undecodable(field, error.err);
  }
}

Result<PictureHeader> ReadPngHeader(std::string_view png, std::string_view field) {
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(png, field));
  if (header.format == PictureFormat::kPng) return header;
  return InvalidField(std::string(field), "a PNG", ContentTypeOf(header.format));
}

/// The PNG's pixels in OpenCV's order of colours, turned upright.
Result<cv::Mat> DecodePng(std::string_view png, int flags, std::string_view field) {
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPngHeader(png, field));
  ATELIER_ASSIGN_OR_RETURN(cv::Mat mat,
                           DecodeMat(png, flags | cv::IMREAD_IGNORE_ORIENTATION, field));
  return TurnUpright(std::move(mat), header.orientation);
}

}  // namespace

Result<Image> DecodePicture(std::string_view bytes, std::string_view field, int longest) {
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, field));
  const bool heic = header.format == PictureFormat::kHeic;
  // libjpeg fills what is missing with grey and calls it success; libheif trusts what it is given.
  if (heic || header.format == PictureFormat::kJpeg) {
    ATELIER_RETURN_IF_ERROR(CheckPictureWhole(bytes, field));
  }
  const int factor = ReductionOf(header, longest);
  Result<Image> image = heic ? DecodeWithLibheif(bytes, factor, field)
                             : DecodeWithOpenCv(bytes, header, factor, field);
  if (!image) return image;
  if (image->height != ReducedSide(header.height, factor) ||
      image->width != ReducedSide(header.width, factor)) {
    return Undecodable(field, "pixels of another size than the header says");
  }
  // A HEIC file's were brought there by its decoder.
  if (const auto colours = ReadColourSpace(bytes)) BringToSrgb(*colours, *image);
  return image;
}

Result<Image> DecodePicture(std::string_view bytes, std::string_view field) {
  return DecodePicture(bytes, field, 0);
}

Result<Image> DecodeIuv(std::string_view png, std::string_view field, IuvOrder order) {
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPngHeader(png, field));
  ATELIER_ASSIGN_OR_RETURN(Image stored, ReadIuvPixels({png, order, std::string(field)}));
  if (header.orientation == kUprightOrientation) return stored;
  try {
    const cv::Mat upright = TurnUpright(ViewOf(stored), header.orientation);
    Image iuv(upright.rows, upright.cols, 3);
    upright.copyTo(ViewOf(iuv));
    return iuv;
  } catch (const cv::Exception& error) {
    return Undecodable(field, error.err);
  }
}

Result<Image> DecodeGrey(std::string_view png, std::string_view field) {
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat mat, DecodePng(png, cv::IMREAD_GRAYSCALE, field));
  Image image(mat.rows, mat.cols, 1);
  for (int y = 0; y < mat.rows; ++y) std::memcpy(image.at(y, 0), mat.ptr(y), mat.cols);
  return image;
}

Result<std::string> EncodePng(const Image& image) {
  try {
    const cv::Mat pixels = ViewOf(image);
    // Into a matrix of its own: the view's would be the caller's picture.
    cv::Mat blue_first;
    if (image.channels == 3) cv::cvtColor(pixels, blue_first, cv::COLOR_RGB2BGR);
    if (image.channels == 4) cv::cvtColor(pixels, blue_first, cv::COLOR_RGBA2BGRA);
    const cv::Mat& mat = blue_first.empty() ? pixels : blue_first;
    std::vector<uint8_t> png;
    if (cv::imencode(".png", mat, png, {cv::IMWRITE_PNG_COMPRESSION, kPngCompression})) {
      return std::string(png.begin(), png.end());
    }
    return MakeError(Code::kInternal, "ENCODE_FAILED", "a picture could not be encoded");
  } catch (const cv::Exception& error) {
    return MakeError(Code::kInternal, "ENCODE_FAILED", error.err);
  }
}

Result<std::string> EncodeIuv(const Image& iuv, std::string_view chart) {
  ATELIER_ASSIGN_OR_RETURN(const std::string png, EncodePng(iuv));
  return AddPngText(png, kIuvChartKeyword, chart);
}

}  // namespace atelier::imaging
