#include "client/cli/files/picture_format.h"

#include <algorithm>
#include <cctype>
#include <opencv2/imgcodecs.hpp>
#include <system_error>
#include <vector>

#include "client/sendable.h"
#include "system/output_file.h"

namespace atelier::cli {

namespace {

Result<std::string> Encode(const std::string& png, PictureFormat format) {
  const std::vector<uchar> buffer(png.begin(), png.end());
  const cv::Mat picture = cv::imdecode(buffer, cv::IMREAD_COLOR);
  if (picture.empty()) {
    return MakeError(Code::kInvalidArgument, "BAD_PICTURE", "the picture does not decode");
  }
  const bool jpeg = format == PictureFormat::kJpeg;
  const int quality = jpeg ? cv::IMWRITE_JPEG_QUALITY : cv::IMWRITE_WEBP_QUALITY;
  std::vector<uchar> encoded;
  if (!cv::imencode(jpeg ? ".jpg" : ".webp", picture, encoded, {quality, kPictureQuality})) {
    return MakeError(Code::kInternal, "NOT_ENCODED", "the picture cannot be encoded");
  }
  return std::string(encoded.begin(), encoded.end());
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
