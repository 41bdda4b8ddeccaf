#include "region/describe_regions.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/parse/read_subject.h"
#include "edit/region/region_mask.h"
#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "imaging/view_of.h"
#include "limits/limits.h"
#include "region/region_message.h"
#include "runtime/fitted_body_message.h"
#include "runtime/picture_argument.h"

namespace atelier::region {
namespace {

/// Share of the person's pixels, or of the picture's for the background, below which a region is
/// not there.
constexpr double kLeastShare = .001;
/// Overlaps below this share of a region are its soft borders.
constexpr double kLeastOverlap = .02;
/// Longer side that regions are told apart at; larger pictures get their masks from it.
constexpr int kMaxSide = 1536;
/// Shares of a mask's pixel, of 255.
constexpr int kHalf = 127, kTenth = 25;

/// Up to 64 are kept until all are there, to be compared: in bytes, and of the size at which they
/// are told apart.
struct Found {
  edit::Region region;
  cv::Mat mask;  // 8 bits
  double area = 0;
  double sure = 0;  // edit::SurePixels()
};

Image BytesOf(const cv::Mat& mask) {
  Image bytes(mask.rows, mask.cols, 1);
  mask.copyTo(imaging::ViewOf(bytes));
  return bytes;
}

/// Whether two regions can share pixels at all is read from the masks.
void AddOverlaps(const Found& found, const std::vector<Found>& all,
                 v1::RegionDescription& description) {
  for (const Found& other : all) {
    if (other.region == found.region || other.area <= 0) continue;
    const double share = cv::sum(cv::min(found.mask, other.mask))[0] / 255 / found.area;
    if (share < kLeastOverlap) continue;
    v1::RegionOverlap& overlap = *description.add_overlaps();
    *overlap.mutable_name() = RegionToMessage(other.region);
    overlap.set_share(static_cast<float>(std::min(1.0, share)));
  }
}

/// 1 less the mean entropy of the mask where it is neither 0 nor 1, weighed by how wide that is: a
/// sharp border has few such pixels.
double BorderConfidence(const cv::Mat& mask) {
  double entropy = 0, border = 0;
  const cv::Mat inside = mask > kHalf;
  cv::Mat eroded;
  cv::erode(inside, eroded, cv::Mat());
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (inside.at<uint8_t>(y, x) == eroded.at<uint8_t>(y, x)) continue;
      const double p = std::clamp(mask.at<uint8_t>(y, x) / 255.0, 1e-4, 1 - 1e-4);
      entropy -= p * std::log2(p) + (1 - p) * std::log2(1 - p);
      ++border;
    }
  }
  return border > 0 ? std::clamp(1 - entropy / border, 0.0, 1.0) : 1;
}

/// The region alone, on nothing.
Result<std::string> CropPng(const Image& picture, const cv::Mat& mask, const cv::Rect& box) {
  cv::Mat rgba;
  cv::cvtColor(imaging::ViewOf(picture)(box), rgba, cv::COLOR_RGB2RGBA);
  cv::insertChannel(mask(box), rgba, 3);
  Image crop(box.height, box.width, 4);
  rgba.copyTo(imaging::ViewOf(crop));
  return imaging::EncodePng(crop);
}

/// What the picture says of a region that is there.
Status Describe(const Image& picture, const Found& found, const std::vector<Found>& all,
                v1::RegionDescription& out) {
  cv::Mat mask = found.mask;
  if (mask.rows != picture.height || mask.cols != picture.width) {
    cv::resize(mask, mask, {picture.width, picture.height}, 0, 0, cv::INTER_LINEAR);
  }
  const cv::Scalar colour = cv::mean(imaging::ViewOf(picture), mask > kHalf);
  out.mutable_mean_colour()->set_red(static_cast<int>(std::lround(colour[0])));
  out.mutable_mean_colour()->set_green(static_cast<int>(std::lround(colour[1])));
  out.mutable_mean_colour()->set_blue(static_cast<int>(std::lround(colour[2])));
  const cv::Rect box = cv::boundingRect(mask > kTenth);
  out.mutable_box()->set_left(static_cast<float>(box.x));
  out.mutable_box()->set_top(static_cast<float>(box.y));
  out.mutable_box()->set_right(static_cast<float>(box.x + box.width));
  out.mutable_box()->set_bottom(static_cast<float>(box.y + box.height));
  ATELIER_ASSIGN_OR_RETURN(*out.mutable_mask_png(), imaging::EncodePng(BytesOf(mask)));
  ATELIER_ASSIGN_OR_RETURN(*out.mutable_crop_png(), CropPng(picture, mask, box));
  out.set_border_confidence(static_cast<float>(BorderConfidence(mask)));
  AddOverlaps(found, all, out);
  return {};
}

Result<std::vector<edit::Region>> RegionsOf(const v1::DescribeRegionsRequest& request) {
  std::vector<edit::Region> regions;
  for (int i = 0; i < request.regions_size(); ++i) {
    ATELIER_ASSIGN_OR_RETURN(
        const edit::Region region,
        RegionFromMessage(request.regions(i), "regions[" + std::to_string(i) + "]"));
    regions.push_back(region);
  }
  if (!regions.empty()) return regions;
  for (int kind = 1; kind <= edit::kRegionKindCount; ++kind) {
    regions.push_back({.kind = static_cast<edit::RegionKind>(kind)});
  }
  return regions;
}

}  // namespace

Result<v1::DescribeRegionsResponse> DescribeRegions(const v1::DescribeRegionsRequest& request,
                                                    const people::BodyFitter& fitter,
                                                    const edit::Parser& parser) {
  ATELIER_RETURN_IF_ERROR(CheckLimits(request));
  ATELIER_ASSIGN_OR_RETURN(const std::vector<edit::Region> regions, RegionsOf(request));
  ATELIER_ASSIGN_OR_RETURN(const Image picture,
                           runtime::DecodeArgument(request.picture(), "picture"));
  if (!request.has_body()) return InvalidField("body", "given", "nothing");
  ATELIER_ASSIGN_OR_RETURN(const people::FittedBody fitted,
                           runtime::FittedBodyFromMessage(request.body(), "body"));
  if (request.person_mask_png().empty()) return InvalidField("person_mask_png", "given", "nothing");
  ATELIER_ASSIGN_OR_RETURN(const Image mask,
                           imaging::DecodeGrey(request.person_mask_png(), "person_mask_png"));
  if (mask.height != picture.height || mask.width != picture.width) {
    return InvalidField("person_mask_png",
                        "of the picture's size, " + std::to_string(picture.width) + " x " +
                            std::to_string(picture.height),
                        std::to_string(mask.width) + " x " + std::to_string(mask.height));
  }
  Image small = imaging::ShrinkToFit(picture, kMaxSide);
  const double scale = static_cast<double>(small.width) / picture.width;
  const Image small_mask = imaging::ResizeMask(mask, small.height, small.width);
  const people::Body& body = fitter.body();
  const edit::Subject subject =
      edit::ReadSubject(body, parser,
                        edit::MakePerson(body, std::move(small), small_mask,
                                         people::InPicture(fitter.Pose(fitted), scale, 0, 0)));
  const edit::Person& person = subject.person;
  const edit::Regions& labels = subject.regions;
  const cv::Mat parts = edit::PartsOf(body, person);

  std::vector<Found> found;
  for (const edit::Region region : regions) {
    const cv::Mat region_mask = edit::MaskOf(body, person, labels, parts, region);
    Found one{
        region, {}, cv::sum(region_mask)[0], static_cast<double>(edit::SurePixels(region_mask))};
    region_mask.convertTo(one.mask, CV_8U, 255);
    found.push_back(std::move(one));
  }
  const double people_area = edit::SurePixels(edit::MaskOf(body, person, labels, parts, {}));
  const double all_area = static_cast<double>(small_mask.height) * small_mask.width;

  v1::DescribeRegionsResponse response;
  response.set_parser(std::string(edit::kParserName));
  for (const Found& one : found) {
    v1::RegionDescription& description = *response.add_regions();
    *description.mutable_name() = RegionToMessage(one.region);
    const bool is_wall = one.region == edit::Region{.kind = edit::RegionKind::kBackground};
    const double share = one.sure / std::max(1.0, is_wall ? all_area : people_area);
    if (share < kLeastShare) continue;
    description.set_present(true);
    description.set_share(static_cast<float>(std::min(1.0, share)));
    description.set_visibility(
        static_cast<float>(edit::VisibilityOf(body, person, labels, one.region)));
    ATELIER_RETURN_IF_ERROR(Describe(picture, one, found, description));
  }
  return response;
}

}  // namespace atelier::region
