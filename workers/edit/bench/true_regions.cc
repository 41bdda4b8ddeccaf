#include "edit/bench/true_regions.h"

#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

using people::Region;

cv::Mat MaskOf(const cv::Mat& regions, std::initializer_list<Region> wanted) {
  cv::Mat mask(regions.size(), CV_32F, cv::Scalar(0));
  for (const Region region : wanted) mask.setTo(1, regions == static_cast<int>(region));
  return mask;
}

}  // namespace

std::array<cv::Mat, kLabelCount> TrueMasks(const people::Rendering& rendering) {
  const cv::Mat regions = imaging::ViewOf(rendering.regions);
  std::array<cv::Mat, kLabelCount> masks;
  masks[IndexOf(Label::kSkin)] = MaskOf(regions, {Region::kSkin, Region::kFace});
  masks[IndexOf(Label::kHair)] = MaskOf(regions, {Region::kHair});
  masks[IndexOf(Label::kUpper)] = MaskOf(regions, {Region::kTop, Region::kJacket});
  masks[IndexOf(Label::kLower)] = MaskOf(regions, {Region::kBottom});
  masks[IndexOf(Label::kShoes)] = MaskOf(regions, {Region::kShoes});
  return masks;
}

}  // namespace atelier::edit
