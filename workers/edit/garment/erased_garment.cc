#include "edit/garment/erased_garment.h"

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// 0..1, the box's size: how far a pixel's colour is nearer to the old garment's around it than to
/// that of all else around it.
cv::Mat LooksOld(const SwapInput& input, const cv::Mat& old, const cv::Mat& others) {
  const cv::Mat picture = FloatOf(input.base.person.picture)(input.box);
  const int inside = PixelsOf(.004, input.base.person.pixels_per_metre());
  const auto distance = [&](const cv::Mat& mask) {
    const cv::Mat sure = Eroded(Ramp(mask(input.box), .8, .95), inside);
    cv::Mat difference = picture - PushPull(picture, sure), squares;
    cv::transform(difference.mul(difference), squares, cv::Matx13f(1, 1, 1));
    cv::sqrt(squares, squares);
    return squares;
  };
  const cv::Mat from_old = distance(old), from_others = distance(others);
  return Ramp(from_others / (from_old + from_others + 1), .55, .7);
}

}  // namespace

cv::Mat Erased(const SwapInput& input, const cv::Mat& alpha, const cv::Mat& on_top) {
  constexpr double kHalo = .01, kEdge = .003, kUnsure = .1, kSure = .4;
  const Regions& regions = input.base.regions;
  const cv::Mat old = MaskOf(regions, input.labels);
  cv::Mat others = cv::Mat::zeros(old.size(), CV_32F);
  for (int k = 0; k < kLabelCount; ++k) {
    const auto label = static_cast<Label>(k);
    if (!input.Swaps(label)) others += regions.mask(label);
  }
  // Around it, what is nothing else and what has its colour: its edge, which the masks miss.
  const cv::Mat around = Dilated(old, PixelsOf(kHalo, input.base.person.pixels_per_metre()));
  const cv::Mat looks_old = LooksOld(input, old, others);
  const cv::Mat free = cv::max(1 - Ramp(others(input.box), .3, .8), looks_old);
  const cv::Mat halo = around(input.box).mul(free);
  // An unsure edge of the old garment is erased wholly, rather than left half there.
  const cv::Mat edge = Dilated(old, PixelsOf(kEdge, input.base.person.pixels_per_metre()));
  cv::Mat erased =
      cv::max(Ramp(cv::max(old(input.box), halo), kUnsure, kSure), edge(input.box).mul(1 - on_top));
  // A cuff's shadow on the skin that goes on as the bared limb.
  const int beside = PixelsOf(kHalo, input.base.person.pixels_per_metre());
  const cv::Mat cuff = Blurred(Dilated(old(input.box), beside), beside / 3.0);
  erased = cv::max(erased, cuff.mul(input.limbs.alpha));
  erased = erased.mul(1 - alpha);
  // Where the new garment ends as the old one did, nothing is to go but pixels that shine of it.
  cv::Mat bared;
  cv::Mat((old(input.box) > .5) & (alpha < .5)).convertTo(bared, CV_32F, 1 / 255.0);
  bared = Dilated(Eroded(bared, 1), 1 + beside);
  const cv::Mat rim = around(input.box).mul(looks_old).mul(1 - alpha).mul(1 - on_top);
  erased = cv::max(erased.mul(bared), rim);
  erased.setTo(0, erased < .01);
  return erased;
}

}  // namespace atelier::edit
