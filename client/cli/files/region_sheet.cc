#include "client/cli/files/region_sheet.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/image.h"
#include "imaging/picture_codec.h"
#include "imaging/view_of.h"

namespace atelier::cli {

namespace {

constexpr int kCellHeight = 360;
constexpr int kGapPixels = 8;
constexpr int kLinePixels = 18;
constexpr int kLines = 3;
constexpr int kLabelPixels = kLines * kLinePixels + kGapPixels;
// Narrow pictures leave room for their labels.
constexpr int kLeastWidth = 190;
constexpr int kSwatchPixels = 12;
constexpr double kTextScale = 0.42;
/// What is left of the picture's light around a region.
constexpr double kDimmed = 0.25;

/// As float BGR, of the cell's height.
Result<cv::Mat> DecodeToCell(const std::string& bytes) {
  ATELIER_ASSIGN_OR_RETURN(Image image, imaging::DecodePicture(bytes, "picture", 2 * kCellHeight));
  const cv::Mat rgb = imaging::ViewOf(image);
  const int width = std::max(1, cvRound(double(rgb.cols) * kCellHeight / rgb.rows));
  cv::Mat bgr, cell;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  cv::resize(bgr, cell, {width, kCellHeight}, 0, 0, cv::INTER_AREA);
  return cell;
}

Result<cv::Mat> DecodeMask(const std::string& png, cv::Size size) {
  ATELIER_ASSIGN_OR_RETURN(Image image, imaging::DecodeGrey(png, "mask"));
  cv::Mat mask;
  cv::resize(imaging::ViewOf(image), mask, size, 0, 0, cv::INTER_AREA);
  return mask;
}

/// The region in its own light, all else dimmed and grey.
cv::Mat Emphasise(const cv::Mat& picture, const cv::Mat& mask) {
  cv::Mat grey, dim;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  cv::cvtColor(grey * kDimmed, dim, cv::COLOR_GRAY2BGR);
  cv::Mat shown(picture.size(), CV_8UC3);
  for (int y = 0; y < shown.rows; ++y) {
    for (int x = 0; x < shown.cols; ++x) {
      const double share = mask.at<uchar>(y, x) / 255.0;
      for (int c = 0; c < 3; ++c) {
        shown.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<uchar>(
            share * picture.at<cv::Vec3b>(y, x)[c] + (1 - share) * dim.at<cv::Vec3b>(y, x)[c]);
      }
    }
  }
  return shown;
}

void Write(cv::Mat& cell, const std::vector<std::string>& lines, int left) {
  for (size_t i = 0; i < lines.size() && i < kLines; ++i) {
    const cv::Point at(left, kCellHeight + static_cast<int>(i + 1) * kLinePixels - 3);
    cv::putText(cell, lines[i], at, cv::FONT_HERSHEY_SIMPLEX, kTextScale, cv::Scalar::all(0), 1,
                cv::LINE_AA);
  }
}

cv::Mat MakeCell(const cv::Mat& picture) {
  const int width = std::max(picture.cols, kLeastWidth);
  cv::Mat cell(kCellHeight + kLabelPixels, width, CV_8UC3, cv::Scalar::all(255));
  picture.copyTo(cell({(width - picture.cols) / 2, 0, picture.cols, kCellHeight}));
  return cell;
}

Result<std::string> Compose(const std::string& bytes, const std::vector<SheetRegion>& regions) {
  ATELIER_ASSIGN_OR_RETURN(const cv::Mat picture, DecodeToCell(bytes));
  std::vector<cv::Mat> cells = {MakeCell(picture)};
  Write(cells.back(), {"the picture"}, 0);
  for (const SheetRegion& region : regions) {
    ATELIER_ASSIGN_OR_RETURN(const cv::Mat mask, DecodeMask(region.mask_png, picture.size()));
    cv::Mat& cell = cells.emplace_back(MakeCell(Emphasise(picture, mask)));
    cv::rectangle(cell, {0, kCellHeight + 4, kSwatchPixels, kSwatchPixels},
                  cv::Scalar(region.blue, region.green, region.red), cv::FILLED);
    Write(cell, region.labels, kSwatchPixels + 4);
  }
  // About twice as wide as high.
  const double cell_aspect = static_cast<double>(cells[0].cols) / cells[0].rows;
  const int count = static_cast<int>(cells.size());
  const int columns = std::clamp(cvRound(std::sqrt(2.0 * count / cell_aspect)), 1, count);
  const int rows = (count + columns - 1) / columns;
  const cv::Size step(cells[0].cols + kGapPixels, cells[0].rows + kGapPixels);
  cv::Mat sheet(rows * step.height + kGapPixels, columns * step.width + kGapPixels, CV_8UC3,
                cv::Scalar::all(255));
  for (int i = 0; i < count; ++i) {
    cells[i].copyTo(sheet({kGapPixels + i % columns * step.width,
                           kGapPixels + i / columns * step.height, cells[i].cols, cells[i].rows}));
  }
  std::vector<uchar> png;
  cv::imencode(".png", sheet, png);
  return std::string(png.begin(), png.end());
}

}  // namespace

Result<std::string> MakeRegionSheet(const std::string& picture,
                                    const std::vector<SheetRegion>& regions) {
  // OpenCV throws; nothing of it leaves this file.
  try {
    return Compose(picture, regions);
  } catch (const cv::Exception& error) {
    return MakeError(Code::kInternal, "SHEET", error.err);
  }
}

}  // namespace atelier::cli
