// What of a person can be swapped, as a table and as a picture.
#include "client/cli/files/region_sheet.h"

#include <catch2/catch.hpp>
#include <opencv2/imgcodecs.hpp>

#include "client/cli/edit/region_table.h"

namespace atelier::cli {
namespace {

std::string Png(const cv::Mat& picture) {
  std::vector<uchar> bytes;
  cv::imencode(".png", picture, bytes);
  return {bytes.begin(), bytes.end()};
}

cv::Mat Decode(const std::string& png) {
  return cv::imdecode(std::vector<uchar>(png.begin(), png.end()), cv::IMREAD_COLOR);
}

/// Red on its left half.
std::string LeftMask(int height, int width) {
  cv::Mat mask(height, width, CV_8UC1, cv::Scalar(0));
  mask.colRange(0, width / 2).setTo(255);
  return Png(mask);
}

}  // namespace

TEST_CASE("A region stands out of the dimmed picture, a cell for each", "[regions]") {
  const std::string picture = Png(cv::Mat(360, 240, CV_8UC3, cv::Scalar(0, 0, 200)));
  const auto alone = MakeRegionSheet(picture, {});
  REQUIRE(alone.has_value());
  const SheetRegion region{LeftMask(360, 240), {"UPPER_GARMENT", "12 % of the person"}, 0, 255, 0};
  const auto one = MakeRegionSheet(picture, {region});
  const auto two = MakeRegionSheet(picture, {region, region});
  REQUIRE(one.has_value());
  REQUIRE(two.has_value());
  const cv::Mat sheet = Decode(*one);
  CHECK(sheet.cols * sheet.rows > Decode(*alone).cols * Decode(*alone).rows);
  CHECK(Decode(*two).cols * Decode(*two).rows > sheet.cols * sheet.rows);
  // The second cell: its region has the picture's colour, the rest is dark grey, the swatch green.
  const int left = 8 + 240 + 8;
  CHECK(sheet.at<cv::Vec3b>(100, left + 20) == cv::Vec3b(0, 0, 200));
  const cv::Vec3b dimmed = sheet.at<cv::Vec3b>(100, left + 220);
  CHECK(dimmed[2] < 40);
  CHECK(dimmed[0] == dimmed[2]);
  CHECK(sheet.at<cv::Vec3b>(8 + 360 + 8, left + 4) == cv::Vec3b(0, 255, 0));
}

TEST_CASE("What does not decode makes no sheet", "[regions]") {
  const std::string picture = Png(cv::Mat(64, 64, CV_8UC3, cv::Scalar(1, 2, 3)));
  CHECK_FALSE(MakeRegionSheet("no picture", {}).has_value());
  CHECK_FALSE(MakeRegionSheet(picture, {{"no mask", {}}}).has_value());
}

TEST_CASE("The table says what is there, how surely, and what is not", "[regions]") {
  v1::DescribeRegionsResponse described;
  v1::RegionDescription& upper = *described.add_regions();
  upper.mutable_name()->set_region(v1::BODY_REGION_UPPER_GARMENT);
  upper.set_present(true);
  upper.set_share(0.31F);
  upper.set_visibility(0.5F);
  upper.set_border_confidence(0.75F);
  upper.mutable_mean_colour()->set_red(255);
  upper.mutable_mean_colour()->set_blue(10);
  v1::RegionOverlap& overlap = *upper.add_overlaps();
  overlap.mutable_name()->set_region(v1::BODY_REGION_OUTFIT);
  overlap.set_share(1);
  described.add_regions()->mutable_name()->set_part(3);
  const std::string table = RegionTable(described);
  CHECK_THAT(table,
             Catch::Contains("UPPER_GARMENT    31 %   50 %  #ff000a   0.75  OUTFIT 100 %\n"));
  CHECK_THAT(table, Catch::Contains("PART_3         not in the picture\n"));
}

}  // namespace atelier::cli
