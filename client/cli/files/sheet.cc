#include "client/cli/files/sheet.h"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "imaging/picture_codec.h"
#include "imaging/view_of.h"

namespace atelier::cli {

namespace {

constexpr int kGapPixels = 8;
constexpr int kSmallestHeight = 128;

Result<cv::Mat> Decode(const std::string& bytes, const std::string& what) {
  const std::vector<uchar> buffer(bytes.begin(), bytes.end());
  cv::Mat picture = cv::imdecode(buffer, cv::IMREAD_COLOR);
  if (picture.empty()) {
    return MakeError(Code::kInvalidArgument, "BAD_PICTURE", "the " + what + " does not decode");
  }
  return picture;
}

/// What a client gave: any format, upright, and no larger than the sheet may show it.
Result<cv::Mat> DecodeGiven(const std::string& bytes, const std::string& what, int height) {
  ATELIER_ASSIGN_OR_RETURN(Image image, imaging::DecodePicture(bytes, what, 2 * height));
  const cv::Mat rgb = imaging::ViewOf(image);
  cv::Mat picture;
  cv::cvtColor(rgb, picture, cv::COLOR_RGB2BGR);
  return picture;
}

/// BGR colour of each part: hues spread so that neighbours in number differ; 0 stays black.
std::array<cv::Vec3b, kBodyPartCount + 1> PartColours() {
  constexpr int kHueStep = 67;  // coprime to OpenCV's 180 hues, near the golden section of it
  cv::Mat hsv(1, kBodyPartCount, CV_8UC3);
  for (int i = 0; i < kBodyPartCount; ++i) {
    hsv.at<cv::Vec3b>(0, i) = {static_cast<uchar>(i * kHueStep % 180), 190, 255};
  }
  cv::Mat bgr;
  cv::cvtColor(hsv, bgr, cv::COLOR_HSV2BGR);
  std::array<cv::Vec3b, kBodyPartCount + 1> colours = {};
  for (int i = 0; i < kBodyPartCount; ++i) colours[i + 1] = bgr.at<cv::Vec3b>(0, i);
  return colours;
}

cv::Mat ColourParts(const Image& iuv) {
  const auto colours = PartColours();
  cv::Mat shown(iuv.height, iuv.width, CV_8UC3);
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const uint8_t* const pixel = iuv.at(y, x);
      const size_t part = std::min<size_t>(pixel[0], kBodyPartCount);
      // 0.4 .. 1.0 of the part's colour along its chart, so that the surface can be read.
      const double shade = 0.4 + 0.6 * (pixel[1] + pixel[2]) / 510.0;
      for (int c = 0; c < 3; ++c) {
        shown.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<uchar>(colours[part][c] * shade);
      }
    }
  }
  return shown;
}

cv::Mat ToHeight(const cv::Mat& picture, int height, bool keep_pixels) {
  const int width = std::max(1, cvRound(static_cast<double>(picture.cols) * height / picture.rows));
  const int smooth = picture.rows > height ? cv::INTER_AREA : cv::INTER_CUBIC;
  cv::Mat resized;
  cv::resize(picture, resized, cv::Size(width, height), 0, 0,
             keep_pixels ? cv::INTER_NEAREST : smooth);
  return resized;
}

Result<std::string> Compose(const SheetPictures& pictures) {
  ATELIER_ASSIGN_OR_RETURN(
      const Image iuv, imaging::DecodeIuv(pictures.target_iuv, "target IUV", pictures.iuv_order));
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat texture, Decode(pictures.texture, "texture map"));
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat result, Decode(pictures.result, "result"));

  const int height = std::max(result.rows, kSmallestHeight);
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat source, DecodeGiven(pictures.source, "source", height));
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat pose, DecodeGiven(pictures.pose, "pose picture", height));
  const std::vector<cv::Mat> columns = {
      ToHeight(source, height, false), ToHeight(pose, height, false),
      ToHeight(ColourParts(iuv), height, true), ToHeight(texture, height, false),
      ToHeight(result, height, false)};
  int width = kGapPixels;
  for (const cv::Mat& column : columns) width += column.cols + kGapPixels;

  cv::Mat sheet(height + 2 * kGapPixels, width, CV_8UC3, cv::Scalar::all(255));
  int left = kGapPixels;
  for (const cv::Mat& column : columns) {
    column.copyTo(sheet(cv::Rect(left, kGapPixels, column.cols, height)));
    left += column.cols + kGapPixels;
  }
  std::vector<uchar> png;
  cv::imencode(".png", sheet, png);
  return std::string(png.begin(), png.end());
}

}  // namespace

Result<std::string> MakeSheet(const SheetPictures& pictures) {
  // OpenCV throws; nothing of it leaves this file.
  try {
    return Compose(pictures);
  } catch (const cv::Exception& error) {
    return MakeError(Code::kInternal, "SHEET", error.err);
  }
}

}  // namespace atelier::cli
