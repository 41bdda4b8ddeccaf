#include "client/cli/files/picture_format.h"

#include <algorithm>
#include <cctype>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <system_error>
#include <vector>

#include "client/sendable.h"
#include "picture/png_text.h"
#include "picture/xmp.h"
#include "system/output_file.h"

namespace atelier::cli {

namespace {

/// BGRA laid on white.
cv::Mat OnWhite(const cv::Mat& bgra) {
  cv::Mat out(bgra.size(), CV_8UC3);
  for (int y = 0; y < bgra.rows; ++y) {
    for (int x = 0; x < bgra.cols; ++x) {
      const cv::Vec4b& from = bgra.at<cv::Vec4b>(y, x);
      for (int c = 0; c < 3; ++c) {
        out.at<cv::Vec3b>(y, x)[c] =
            static_cast<uchar>((from[c] * from[3] + 255 * (255 - from[3]) + 127) / 255);
      }
    }
  }
  return out;
}

Result<std::string> Encode(const std::string& png, PictureFormat format) {
  const std::vector<uchar> buffer(png.begin(), png.end());
  cv::Mat picture = cv::imdecode(buffer, cv::IMREAD_UNCHANGED);
  if (picture.empty()) {
    return MakeError(Code::kInvalidArgument, "BAD_PICTURE", "the picture does not decode");
  }
  const bool jpeg = format == PictureFormat::kJpeg;
  if (jpeg && picture.channels() == 4) picture = OnWhite(picture);
  const int quality = jpeg ? cv::IMWRITE_JPEG_QUALITY : cv::IMWRITE_WEBP_QUALITY;
  std::vector<uchar> encoded;
  if (!cv::imencode(jpeg ? ".jpg" : ".webp", picture, encoded, {quality, kPictureQuality})) {
    return MakeError(Code::kInternal, "NOT_ENCODED", "the picture cannot be encoded");
  }
  const std::string file(encoded.begin(), encoded.end());
  // What says that the picture was made by a machine goes with it.
  const std::optional<std::string> xmp = ReadPngXmp(png);
  if (!xmp) return file;
  return jpeg ? AddJpegXmp(file, *xmp)
              : AddWebpXmp(file, *xmp, {picture.rows, picture.cols, picture.channels() == 4});
}

/// With its dot, in lower case.
std::string ExtensionOf(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

}  // namespace

Result<PictureFormat> FormatOf(const std::filesystem::path& path, std::string_view flag) {
  std::error_code error;
  const std::filesystem::path target = OutputPlace(path);
  const bool stream = std::filesystem::exists(path, error) &&
                      !std::filesystem::is_regular_file(path, error) &&
                      !std::filesystem::is_directory(path, error);
  if (stream) return PictureFormat::kPng;
  const std::string extension = ExtensionOf(target);
  if (extension.empty() || extension == ".png") return PictureFormat::kPng;
  if (extension == ".jpg" || extension == ".jpeg") return PictureFormat::kJpeg;
  if (extension == ".webp") return PictureFormat::kWebp;
  return client::BadArgument(std::string(flag),
                             "a file name that ends in " + std::string(kPictureExtensions),
                             path.string());
}

bool HasHeicExtension(const std::filesystem::path& path) {
  const std::string extension = ExtensionOf(OutputPlace(path));
  return extension == ".heic" || extension == ".heif";
}

Result<std::string> EncodeAs(const std::string& png, PictureFormat format) {
  if (format == PictureFormat::kPng) return png;
  // OpenCV throws; nothing of it leaves this file.
  try {
    return Encode(png, format);
  } catch (const cv::Exception& error) {
    return MakeError(Code::kInternal, "NOT_ENCODED", error.err);
  }
}

}  // namespace atelier::cli
