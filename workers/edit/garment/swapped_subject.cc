#include "edit/garment/swapped_subject.h"

#include <opencv2/imgproc.hpp>
#include <utility>

#include "edit/garment/base_surface.h"

namespace atelier::edit {
namespace {

/// Of `wanted`, each label's share at every pixel of the box, by the body; they sum to 1.
std::vector<cv::Mat> Shares(const SwapInput& input, const Regions& regions,
                            const std::vector<Label>& wanted) {
  if (wanted.size() == 1) return {cv::Mat::ones(input.box.size(), CV_32F)};
  const SurfaceView view = BaseSurface(input, {input.box, 1});
  std::vector<cv::Mat> shares;
  cv::Mat total(input.box.size(), CV_32F, cv::Scalar(0));
  for (const Label label : wanted) {
    // Off the body, any of them as much as another.
    shares.push_back(view.Interpolate(regions.membership_of(label)) + 1e-3);
    total += shares.back();
  }
  for (cv::Mat& share : shares) share = share / total;
  return shares;
}

void UpdateMasks(const SwapInput& input, const SwapLayers& layers, Subject& subject) {
  const cv::Mat& alpha = layers.garment.alpha;
  const cv::Mat kept = (1 - layers.erased).mul(1 - alpha);
  // Bared limbs are drawn by themselves: the surface that was covered is without them.
  const cv::Mat body = cv::max(layers.garment.covered, input.limbs.alpha);
  const cv::Mat bared = layers.erased.mul(1 - alpha).mul(body);
  const auto change = [&](Label label, const cv::Mat& add) {
    cv::Mat part = subject.regions.masks[IndexOf(label)](input.box);
    part += add;
  };
  for (cv::Mat& mask : subject.regions.masks) {
    mask = mask.clone();  // shared with the base's until now
    cv::Mat part = mask(input.box);
    cv::multiply(part, kept, part);
  }
  subject.person.mask = subject.person.mask.clone();
  cv::Mat mask = subject.person.mask(input.box);
  cv::Mat whole = mask.mul(kept) + bared + alpha;
  cv::min(whole, 1.0, mask);

  const cv::Mat& other = layers.underneath.other_worn;
  change(Label::kSkin, bared.mul(1 - other));
  const std::vector<Label> others = OtherWorn(input.labels);
  if (!others.empty()) {
    const std::vector<cv::Mat> shares = Shares(input, input.base.regions, others);
    for (size_t k = 0; k < others.size(); ++k) {
      change(others[k], bared.mul(other).mul(shares[k]));
    }
  }
  const std::vector<cv::Mat> shares = Shares(input, input.donor.regions, input.labels);
  for (size_t k = 0; k < shares.size(); ++k) change(input.labels[k], alpha.mul(shares[k]));
}

void UpdateMembership(const SwapInput& input, Regions& regions) {
  const std::vector<Label> others = OtherWorn(input.labels);
  const Regions &base = input.base.regions, &donor = input.donor.regions;
  for (size_t v = 0; v < input.worn.size(); ++v) {
    float kept = 0;
    for (size_t k = 0; k < kLabelCount; ++k) {
      const bool swapped = input.Swaps(static_cast<Label>(k));
      regions.membership[k][v] = (swapped ? donor : base).membership[k][v];
      if (!swapped) kept += base.membership[k][v];
    }
    const float room = std::max(0.0f, 1 - input.worn[v]);
    if (kept > room) {
      for (size_t k = 0; k < kLabelCount; ++k) {
        if (!input.Swaps(static_cast<Label>(k))) regions.membership[k][v] *= room / kept;
      }
    } else if (input.old[v] > 0) {
      // What the old garment no longer covers is as the donor is there.
      float freed = room - kept;
      for (const Label label : others) {
        const float told = (room - kept) * std::min(1.0f, donor.membership_of(label)[v]);
        regions.membership[IndexOf(label)][v] += told;
        freed -= told;
      }
      regions.membership[IndexOf(Label::kSkin)][v] += std::max(0.0f, freed);
    }
  }
}

}  // namespace

Subject AfterSwap(const SwapInput& input, const SwapLayers& layers, std::vector<float> clothes) {
  Subject subject = input.base;
  UpdateMasks(input, layers, subject);
  UpdateMembership(input, subject.regions);
  std::erase_if(subject.regions.limb_ends,
                [&](const LimbEnd& end) { return input.Swaps(end.cloth); });
  for (const LimbEnd& end : input.donor.regions.limb_ends) {
    if (input.Swaps(end.cloth)) subject.regions.limb_ends.push_back(end);
  }
  subject.person = WithClothes(input.body, std::move(subject.person), std::move(clothes));
  return subject;
}

}  // namespace atelier::edit
