#include "imaging/picture_codec.h"

#include <cstdint>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/body.h"
#include "base/iuv_chart.h"
#include "picture/picture_header.h"
#include "picture/png_text.h"

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

/// Seam: OpenCV throws on some broken input and returns an empty matrix on other.
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

/// White behind what is transparent: [H, W, 4] BGRA -> [H, W, 3] RGB.
Image FlattenOnWhite(const cv::Mat& bgra) {
  Image image(bgra.rows, bgra.cols, 3);
  for (int y = 0; y < bgra.rows; ++y) {
    const uint8_t* in = bgra.ptr<uint8_t>(y);
    uint8_t* out = image.at(y, 0);
    for (int x = 0; x < bgra.cols; ++x, in += 4, out += 3) {
      const int alpha = in[3];
      for (int c = 0; c < 3; ++c) {
        out[c] = static_cast<uint8_t>((in[2 - c] * alpha + 255 * (255 - alpha) + 127) / 255);
      }
    }
  }
  return image;
}

Image ToRgb(const cv::Mat& mat) {
  if (mat.channels() == 4) return FlattenOnWhite(mat);
  Image image(mat.rows, mat.cols, 3);
  cv::Mat rgb(mat.rows, mat.cols, CV_8UC3, image.data.data());
  cv::cvtColor(mat, rgb, mat.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
  return image;
}

Status RequirePng(std::string_view bytes, std::string_view field) {
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, field));
  if (header.format != PictureFormat::kPng) {
    return InvalidField(std::string(field), "a PNG", ContentTypeOf(header.format));
  }
  return {};
}

}  // namespace

Result<Image> DecodePicture(std::string_view bytes, std::string_view field) {
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, field));
  const bool jpeg = header.format == PictureFormat::kJpeg;
  // libjpeg fills what is missing with grey and calls it success.
  if (jpeg) ATELIER_RETURN_IF_ERROR(CheckPictureWhole(bytes, field));
  // IMREAD_COLOR applies the EXIF orientation, IMREAD_UNCHANGED keeps transparency.
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat mat,
                           DecodeMat(bytes, jpeg ? cv::IMREAD_COLOR : cv::IMREAD_UNCHANGED, field));
  return ToRgb(mat);
}

Result<Image> DecodeIuv(std::string_view png, std::string_view field) {
  ATELIER_RETURN_IF_ERROR(RequirePng(png, field));
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat mat, DecodeMat(png, cv::IMREAD_UNCHANGED, field));
  if (mat.channels() != 3) {
    return InvalidField(std::string(field), "an RGB PNG with R = part, G = U, B = V",
                        std::to_string(mat.channels()) + " channels");
  }
  Image iuv = ToRgb(mat);
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    if (iuv.data[i] <= kBodyPartCount) continue;
    return InvalidField(std::string(field), "an IUV picture with parts 0..24 in R",
                        std::to_string(iuv.data[i]));
  }
  ATELIER_RETURN_IF_ERROR(RequireBodyParts(iuv, field));
  return iuv;
}

Status RequireBodyParts(const Image& iuv, std::string_view field) {
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    if (iuv.data[i] != 0) return {};
  }
  return InvalidField(std::string(field), "an IUV picture with a body part, 1..24 in R, somewhere",
                      "R is 0 in all of " + std::to_string(iuv.width) + " x " +
                          std::to_string(iuv.height) + " pixels");
}

Result<Image> DecodeGrey(std::string_view png, std::string_view field) {
  ATELIER_RETURN_IF_ERROR(RequirePng(png, field));
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat mat, DecodeMat(png, cv::IMREAD_GRAYSCALE, field));
  Image image(mat.rows, mat.cols, 1);
  for (int y = 0; y < mat.rows; ++y) std::memcpy(image.at(y, 0), mat.ptr(y), mat.cols);
  return image;
}

Result<std::string> EncodePng(const Image& image) {
  try {
    const cv::Mat pixels(image.height, image.width, image.channels == 1 ? CV_8UC1 : CV_8UC3,
                         const_cast<uint8_t*>(image.data.data()));
    cv::Mat bgr;
    if (image.channels == 3) cv::cvtColor(pixels, bgr, cv::COLOR_RGB2BGR);
    const cv::Mat& mat = image.channels == 3 ? bgr : pixels;
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
